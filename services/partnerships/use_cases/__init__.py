"""One function a verb: gather facts, change one aggregate. A file a subject."""
