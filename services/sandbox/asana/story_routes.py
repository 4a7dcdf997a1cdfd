"""Requests about stories: what happened to a task, and what was said."""

from typing import Final

from services.sandbox.asana.calls import Answer, Call
from services.sandbox.asana.editing import plain_text
from services.sandbox.asana.routing import Routes
from services.sandbox.asana.store import Refused


def _stories(call: Call) -> Answer:
    return call.many(call.see("task").get("_stories", ()))


def _comment(call: Call) -> Answer:
    gid = call.site.comment(call.see("task")["gid"], _said(call), call.by)
    return call.one(call.site.store.get("story", gid), 201)


def _said(call: Call) -> str:
    """Return the text of a comment; `html_text` must be whole XML in a body."""
    text, html = call.data.get("text"), call.data.get("html_text")
    if isinstance(html, str):
        if not (html.startswith("<body>") and html.endswith("</body>")):
            raise Refused("html_text: XML is invalid")
        return plain_text(html)
    if not isinstance(text, str) or not text:
        raise Refused("text: Missing input")
    return text


def _story(call: Call) -> Answer:
    return call.one(call.see("story"))


def _edit_story(call: Call) -> Answer:
    story = call.see("story")
    call.site.edit_comment(story["gid"], _said(call), call.by)
    return call.one(story)


def _delete_story(call: Call) -> Answer:
    call.site.delete_comment(call.see("story")["gid"], call.by)
    return Answer(200, {"data": {}})


ROUTES: Final[Routes] = {
    ("GET", "tasks/{}/stories"): _stories,
    ("POST", "tasks/{}/stories"): _comment,
    ("GET", "stories/{}"): _story,
    ("PUT", "stories/{}"): _edit_story,
    ("DELETE", "stories/{}"): _delete_story,
}
