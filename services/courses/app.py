"""The courses service put together."""

from services.courses.api import router
from services.courses.domain.occurrence import Occurrence
from services.courses.reactions import REACTIONS
from services.courses.store import DOCUMENTS
from services.courses.use_cases.organising import act_on_due
from services.courses.use_cases.start import check_credential_keys
from shared.service import Due, Service, create_app

SERVICE = Service(
    name="courses",
    summary="Courses for teachers: occurrences, places, waiting lists, attendance.",
    router=router,
    documents=DOCUMENTS,
    reactions=REACTIONS,
    on_start=(check_credential_keys,),
    schedule=(Due(Occurrence, act_on_due),),
)
app = create_app(SERVICE)
