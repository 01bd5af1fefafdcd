"""The partnerships service: rules, the service in process, and on real parts."""
