"""Partnerships: the school register, partnerships of schools, and their money.

Owns schools and their eligibility, partnerships and memberships, action plans, sponsors, pots, allocations, accounts,
reservations, claims, clawbacks and payment runs, and who of a school's staff may be away. Publishes
`partnerships.events`. Reacts to courses (a place held, cover asked for, a booking ended, attendance settled, what
occurrences are about), to placements (cover or money asked for, cancelled, days settled, completed, employers verified
or suspended), to ambassadors (visits delivered or cancelled) and to itself (an allocation arrives in an account or
comes back, an account follows its partnership, pays its claims and what waits for money, a member follows its school's
new URN, a partnership learns that its plan is behind and what has fallen due by the terms).

Invariants
- An account: reserved + committed + spent ≤ allocated, whatever arrives in whatever order; its ledger adds up to its
  balances; the money of a booking or placement is asked for once and committed by its highest revision.
- A claim: its amount is what is committed for it, and never typed; it is approved by somebody else than who submitted
  it or asked for its instalment, and paid once; what was paid beyond the charge is a clawback.
- A school has one cap in an academic year, under whichever of its URNs it books.
- A plan: what is ticked follows from the evidence heard of, in whatever order and however often it was heard;
  whether it is behind its terms is told when it changes.
- A partnership's first year is the academic year of its activation or the next one; what is late is told once.
- A pot: allocated ≤ paid in, and every allocation met the pot's restrictions; what comes back counts once.
- At rest no instalment waits that its account could pay.
- What was reached is a sum over what was told last of each booking, placement and visit; each names its events.
- No more of a school's staff are away on a day than it wants, unless an approver let them go, or the course was moved
  there, or it was booked before the school had rules.
- A school is in one approved or running partnership at a time.
- A partnership is submitted by as many eligible schools as the forming rule of the day says.
- An import of the register changes nothing when nothing has changed.
"""
