"""The partnerships service, put together."""

from services.partnerships.api import router
from services.partnerships.reactions import REACTIONS
from services.partnerships.store import DOCUMENTS
from shared.service import Service, create_app

SERVICE = Service(
    name="partnerships",
    summary="The school register, partnerships and their money.",
    router=router,
    documents=DOCUMENTS,
    reactions=REACTIONS,
)

app = create_app(SERVICE)
