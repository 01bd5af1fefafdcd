"""The partnerships service, put together."""

from services.partnerships.api import router
from services.partnerships.domain.account import Account
from services.partnerships.domain.partnership import Partnership
from services.partnerships.domain.planned import ActionPlan
from services.partnerships.domain.register_import import RegisterImport
from services.partnerships.reactions import REACTIONS
from services.partnerships.store import DOCUMENTS
from services.partnerships.use_cases import partnerships, plans
from services.partnerships.use_cases.claims import expire_due
from services.partnerships.use_cases.register import carry_on
from shared.definition import Due, Service
from shared.service import create_app

SERVICE = Service(
    name="partnerships",
    summary="The school register, partnerships and their money.",
    router=router,
    documents=DOCUMENTS,
    reactions=REACTIONS,
    schedule=(
        Due(RegisterImport, carry_on),
        Due(Account, expire_due),
        Due(ActionPlan, plans.look_again),
        Due(Partnership, partnerships.look_ahead),
    ),
)

app = create_app(SERVICE)
