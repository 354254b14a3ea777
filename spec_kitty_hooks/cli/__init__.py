"""The only place that knows the environment, click and exit; one file a command."""
