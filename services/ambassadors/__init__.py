"""STEM Ambassadors: who volunteers, how they are checked, what schools ask for, who comes, and what came of it.

Owns: ambassadors with their credentials and availability, activity requests with their invitations, visits with hours
and feedback, tours, safeguarding concerns; copies of what others say about schools, partnerships and employers.

Publishes `ambassadors.*` on ambassadors.events, about `ambassadors/<id>`, `requests/<id>` and `visits/<id>`.
Reacts to schools, partnerships and employers, and to its own events: that is how a request, its visit and the
ambassador learn of each other.

Invariants
- Nobody who may not be sent to a school goes on a visit: this is looked at when somebody is found, invited, accepts,
  when the visit is agreed and once more right after, whenever status or checks change, when it begins, and at the door.
- A visit without a supervision note does not take place.
- An ambassador is promised to one school at a time: the day's promises are one document.
- One live invitation a request; who was asked once is not asked again.
- Names, homes, supervision notes, feedback in words, who declined and why somebody does not come stay in this store.
- A safeguarding concern is in no event and no log; each reading of it, each list and each refusal leaves an entry.

Decisions
- An ambassador's position is that of the register's schools with their postcode, or in its district: no other register
  of postcodes is kept.
- `suspended` is a status here and told as `paused`: nobody outside can tell one from the other.
- A visit has not taken place if nobody says within a period of the policy that it has.
- A check that still counts goes on counting while its renewal is pending.
- Who is suspended cannot leave: what is open about them would be erased with them.
- While paused nobody new invites an ambassador; what they have agreed to stands.
- A visit that is agreed counts as an activity until it is called off, so nobody lapses with a visit ahead of them.
- Employers need not be verified for their people to volunteer, but they have to be known.
"""
