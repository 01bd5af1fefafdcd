"""Courses for teachers: what is taught, when, who has a place, who waits, who came.

Owns: course templates, occurrences with their sessions, places, holds, offers and waiting list, bookings with their
delegates and register, certificates, what each school wants to approve; copies of what the partnerships service says
about schools and partnerships.

Publishes `courses.*` on courses.events, about `occurrences/<id>`: each booking's events are its occurrence's, in order.
Reacts to funds that are reserved or refused, to cover that is granted or refused, to schools, and to who belongs to a
partnership; and to its own settled attendance, which certificates follow.

Invariants
- confirmed + live holds + live offers ≤ capacity, for any number of clients and replicas: one root decides.
- A hold or an offer is live before its expiry and never after, whether the schedule has tidied it away or not.
- While somebody waits, a free place goes to the head of the list, in the decision that frees it.
- A delegate takes part in an occurrence once.
- A certificate is valid while the latest register has its delegate at every session in full, and keeps its number.
- Names and addresses of delegates are in bookings and nowhere else.

Decisions
- `full` is how an open occurrence without places is shown, not a status: it changes with the clock.
- A bursary of a partnership that is not known here yet is not refused: the money is decided by partnerships alone, and
  a hold lasts minutes. A partnership known to be inactive, or without the school, is refused at once; so is a school
  that is not known, since nobody could say who the booking is for.
- A school that guards its cover is asked before the money is: the places are held meanwhile, and the hold goes on.
- A school that approves its bookings is asked when there is a place: at the booking, or when an offer is accepted. The
  place is kept until its deadline. Whoever approves for the school approves by booking; the rule is decided here, where
  bookings are.
- A credential is signed when it is asked for, with a key of courses' own that signs no tokens, and not kept. It names
  the certificate's address, where its revocation is seen.
- On the waiting list only those who must go together are one entry; an entry is offered whole, and not passed by.
- What cancelling costs goes with the occurrence from its announcement on. Where the organiser names no policy it is
  free, as it was before there were any.
- Fees are the school's own cost, and owed for confirmed places only; what a bursary reserved is released all the same.
- In the last working days no offers are made; the head of the list, and nobody else, may claim what is free.
"""
