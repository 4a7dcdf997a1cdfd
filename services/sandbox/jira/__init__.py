"""A Jira of one's own: it keeps issues and their whole history, and answers, changes and calls back as Jira does."""
