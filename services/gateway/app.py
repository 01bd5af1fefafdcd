"""The gateway put together."""

from services.gateway.api import router
from services.gateway.reactions import REACTIONS
from services.gateway.store import DOCUMENTS
from services.gateway.use_cases.start import begin_description, check_signing_key, make_demo_accounts
from shared.service import Service, create_app

SERVICE = Service(
    name="gateway",
    summary="Accounts, API clients and tokens; the description of the whole API.",
    router=router,
    documents=DOCUMENTS,
    reactions=REACTIONS,
    on_start=(check_signing_key, make_demo_accounts, begin_description),
)
app = create_app(SERVICE)
