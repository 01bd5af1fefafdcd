"""Placements of teachers at employers: who hosts, what is offered, who applies, what was agreed and done.

Owns: employers with their sites, contacts and compliance documents, placement offers with their cohorts, applications,
placements with agreement, days and reflection, placement requests; copies of what the partnerships service says about
schools and partnerships.

Publishes `placements.*` on placements.events, about `employers/<id>`, `offers/<id>` (an application's events are its
offer's, in order) and `placements/<id>`.
Reacts to funds that are reserved or refused, to schools, to who belongs to a partnership, and to its own accepted and
ended applications, cancelled placements, compliance documents, suspended hosts and hosts that will host again.

Invariants
- accepted + live offered places ≤ places of a cohort, for any number of clients and replicas: one root decides.
- An answer is in time before its deadline and never after, whether the schedule has tidied it away or not.
- A teacher has no two accepted placements on one day: the teacher's diary is written in the same transaction.
- A teacher has one live application for an offer.
- A placement begins only with all three signatures on one version of the agreement, valid documents of the employer,
  and the host's word.
- What a bursary is charged is the days done times the rate that was valid when the offer was made.
- Statements, reflections and names are in documents and nowhere else.

Decisions
- A place that is offered is a promise: it counts as taken until the teacher has answered or time is up.
- Periods, rates, reason codes and texts of agreements are dated data in policies/; an offer takes over the version
  that is valid when it is made, and its placements go by it.
- Documents of the employer count on the day they are looked at. One that runs out before a placement has begun reopens
  it; one that runs out while the teacher is there does not send anybody home.
- A host that is suspended is one that lacks a document: what it was cleared for and has not begun is open again, and
  nobody hands in, is offered or accepts a place there until the programme has verified it again. So is one that has
  taken another name, kind or company number: those were verified.
- A host that will host again finds the same offer drafted for the same weeks a year on; it is posted by nobody else.
- A bursary that is refused ends the placement, for nobody is held to an agreement that nobody pays for, unless teacher
  or school say in time that it goes on at the school's own cost: nothing is charged then, and it counts as any other.
"""
