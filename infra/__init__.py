"""What the services run on: the stack without Docker, its command line, and the configuration of its parts."""
