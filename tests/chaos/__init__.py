"""Nothing is lost, whatever dies: the product under load while its processes are killed one after the other.

    make chaos                                      everything: 300 mails, 100 replies, then red runs to prove the checker
    python -m tests.chaos --short                   each fault once with fewer mails, as in `make test`
    python -m tests.chaos --without early_250       one run with a safeguard switched off: must find the loss
    python -m tests.chaos.clocks                    promised times: schedulers and workers, see there
    python -m tests.chaos.articles                  the index of articles: its writers, its files and its disk, see there

The product is the real one, `helpdesk up` on an empty data directory with its own PostgreSQL and Valkey. Mails come in by
SMTP from clients that behave like mail servers: what did not get its 250 is tried again. Agents answer through the API.
What leaves goes to a sink that refuses, hangs and hangs up by script. Each victim is stopped first (SIGSTOP), the rows that
it holds are counted, and it is killed (SIGKILL) only when there are some; the product's own supervisor brings it back.
"""
