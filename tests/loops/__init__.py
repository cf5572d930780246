"""Machines that answer machines: two installations facing each other, absence notes, a mailing list, a storm of bounces.

`python -m tests.loops` (`make loops`) starts two real installations, each with a database of its own, and a mail server
between them that knows the robots. Nobody may get more than two automatic mails, and once all has been said the number
of messages stays what it is.
"""
