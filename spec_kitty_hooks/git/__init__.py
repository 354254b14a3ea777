"""Facts from git, read by plumbing commands. Nothing here writes, opens a socket or imports `mission`."""
