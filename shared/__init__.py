"""What every service stands on: contracts, the commit door, messaging, HTTP habits, observability.

Admission rule: a module here has two users or more, and knows no business noun outside contracts/.
"""
