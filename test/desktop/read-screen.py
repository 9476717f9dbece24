"""Prints what a listener to the screen hears of the Backup activity: one JSON object a line.

Run inside the session by screen-reader.ts; pyatspi exists for Python only.
"""
import json
import sys

import pyatspi


# What can be acted upon is told also when it has no name: a test looks for that.
ACTED_UPON = ('push button', 'toggle button', 'text', 'list item', 'menu item')


def written(node):
    if node.getRoleName() != 'text':
        return ''
    text = node.queryText()
    return text.getText(0, text.characterCount)


def begin(node):
    """Where the first letter of a label stands, from the left; None where there is none."""
    if node.getRoleName() != 'label' or not node.name:
        return None
    left, _, width, _ = node.queryText().getCharacterExtents(0, pyatspi.DESKTOP_COORDS)
    return left + width // 2


def walk(node, depth):
    if node is None or depth > 40:
        return
    try:
        states = node.getState()
        shown = states.contains(pyatspi.STATE_SHOWING)
        if node.name or node.getRoleName() in ACTED_UPON:
            box = node.queryComponent().getExtents(pyatspi.DESKTOP_COORDS) if shown else None
            print(json.dumps({
                'x': box.x + box.width // 2 if box else 0,
                'y': box.y + box.height // 2 if box else 0,
                'width': box.width if box else 0,
                'height': box.height if box else 0,
                'name': node.name,
                'text': written(node),
                'begin': begin(node) if shown else None,
                'role': node.getRoleName(),
                'showing': shown,
                'focused': states.contains(pyatspi.STATE_FOCUSED),
                'sensitive': states.contains(pyatspi.STATE_SENSITIVE),
            }))
        for child in node:
            walk(child, depth + 1)
    except Exception:
        return  # it went away while we looked


for application in pyatspi.Registry.getDesktop(0):
    if application is not None and application.name == sys.argv[1]:
        for window in application:
            walk(window, 0)
