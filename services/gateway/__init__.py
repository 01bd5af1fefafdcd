"""The gateway's control plane: who may sign in, the tokens that say so, and the description of the whole API.

Owns accounts with their logins (the only place with e-mail addresses), API clients with the hashes of their secrets,
sign-ins with the hash of their latest refresh token, and counts of failed attempts.

Publishes who may act in which roles, and what ends that (shared/contracts/gateway.py): ids and roles only.
Reacts to nothing: no other service can make an account.

Invariants
- An e-mail address belongs to at most one account.
- A role that acts for a school or an employer is never held without saying which.
- Nobody manages accounts with roles beyond their own reach, nor the rights of their own account.
- An API client has at most two live secrets; no secret and no password is ever stored, only hashes.
- A refresh token works once; when one comes twice the sign-in ends.
- A new password, other roles or a disabled account end every earlier sign-in.
- Refused sign-ins look alike and cost alike, whether the account exists or not.
"""
