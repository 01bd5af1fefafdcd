"""What the gateway does, one function a verb."""
