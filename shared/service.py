"""A service as its app.py sees it, and how it is run.

    SERVICE = Service(name="courses", summary="…", router=router, documents=DOCUMENTS, reactions=REACTIONS, …)
    app = create_app(SERVICE)

`python -m shared.service courses` runs services/courses/app.py with settings from the environment.
"""

import sys

from shared.definition import Due, Service
from shared.running import Running, assemble
from shared.serving import create_app, main

__all__ = ["Due", "Running", "Service", "assemble", "create_app"]

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
