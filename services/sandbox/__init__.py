"""The sandbox: a company that never was, with a quarter of its work, and stand-ins for the trackers that hold it.

`company.build_company` makes everything from a seed and a day, and the same seed and day make the same company, to the
byte; every name in it is invented. `server.sandbox` serves it on this machine, as Jira and Asana would.
"""
