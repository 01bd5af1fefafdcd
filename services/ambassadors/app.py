"""The ambassadors service put together."""

from services.ambassadors.api import router
from services.ambassadors.domain.ambassador import Ambassador
from services.ambassadors.domain.request import ActivityRequest
from services.ambassadors.domain.tour import Tour
from services.ambassadors.domain.visit import Visit
from services.ambassadors.reactions import REACTIONS
from services.ambassadors.store import DOCUMENTS
from services.ambassadors.use_cases.ambassadors import tidy
from services.ambassadors.use_cases.requests import act_on_due
from services.ambassadors.use_cases.tours import go_on
from services.ambassadors.use_cases.visits import look_again
from shared.service import Due, Service, create_app

SERVICE = Service(
    name="ambassadors",
    summary="STEM Ambassadors: volunteers, their checks, what schools ask for, visits.",
    router=router,
    documents=DOCUMENTS,
    reactions=REACTIONS,
    schedule=(Due(Ambassador, tidy), Due(Tour, go_on), Due(ActivityRequest, act_on_due), Due(Visit, look_again)),
)
app = create_app(SERVICE)
