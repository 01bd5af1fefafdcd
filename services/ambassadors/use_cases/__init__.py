"""One function a verb: gather what a decision needs to know, and change one aggregate."""
