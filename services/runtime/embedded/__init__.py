"""PostgreSQL and a Kafka broker as children of this process, for one machine with nothing installed.

Takes in: a home folder. Gives out: `Endpoints`, in memory and in `<home>/run/endpoints.json` (mode 0600).
Owns: `<home>/run`, `<home>/logs` and the database's folder. A folder that is not ours is never changed.
Promises: loopback and unix sockets only; one supervisor a home; a child that dies is started again; a child never
outlives its supervisor, not even after `kill -9`; a restarted broker is told by its new epoch.

As root PostgreSQL refuses to run, so both children run as another existing user. Their folder is in the home if that
user can reach it there, else in `/var/lib/leeway` (the temporary folder, for a throwaway home); the file
`<home>/postgres.folder` says where.
"""

from services.runtime.embedded.endpoints import Endpoints, attach
from services.runtime.embedded.homes import borrowed_database, remove_home, temporary_home
from services.runtime.embedded.stack import EmbeddedStack

__all__ = ["EmbeddedStack", "Endpoints", "attach", "borrowed_database", "remove_home", "temporary_home"]
