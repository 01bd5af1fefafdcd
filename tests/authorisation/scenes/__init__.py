"""What each service tells before its operations are asked: one module a service, found by walking this folder.

    TELLINGS: Mapping[str, Telling] = {"running": tell_something, "an-ending-of-mine": tell_more}

A telling makes objects through the API and keeps their ids in `stage.ids`, where the rows look up "@name" and the parts
of their paths. It is called once its stage of the chain is reached (tests/authorisation/stages.py), before that of
partnerships; a name that is no stage of the chain is an ending, which follows on `running`. Between two tellings
everything settles.
"""
