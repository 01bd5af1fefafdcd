"""What starts and shows the stack: rules that need no running stack."""
