"""The placements service put together."""

from services.placements.api import router
from services.placements.domain.offer import Offer
from services.placements.domain.placement import Placement
from services.placements.domain.seeking import PlacementRequest
from services.placements.reactions import REACTIONS
from services.placements.store import DOCUMENTS
from services.placements.use_cases import offering, placements, seeking
from shared.service import Due, Service, create_app

SERVICE = Service(
    name="placements",
    summary="Placements of teachers at employers: offers, applications, agreements, days, reflections.",
    router=router,
    documents=DOCUMENTS,
    reactions=REACTIONS,
    schedule=(
        Due(Offer, offering.act_on_due),
        Due(Placement, placements.act_on_due),
        Due(PlacementRequest, seeking.act_on_due),
    ),
)
app = create_app(SERVICE)
