"""One file a rule: what it reads from the policy, when it fires, how it reads. `registry.py` lists them all."""
