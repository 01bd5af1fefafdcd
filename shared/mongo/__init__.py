"""The store on MongoDB: the only package that imports the driver (motor).

Guarantees: transactions read one snapshot and write with majority and journal; the commit itself is repeated on the
same session until its outcome is known or the deadline has passed; every driver error leaves as one of the four errors
of shared.database, except programming errors; no call waits for ever.
"""

from shared.mongo.database import MongoDatabase
from shared.mongo.stored import CODEC, from_stored, stored_field, stored_filter, to_stored
from shared.mongo.transaction import MongoTransaction

__all__ = ["CODEC", "MongoDatabase", "MongoTransaction", "from_stored", "stored_field", "stored_filter", "to_stored"]
