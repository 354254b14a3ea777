"""Reports to text and to data: `Report -> str`. Nothing here prints or decides."""
