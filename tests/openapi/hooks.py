"""What schemathesis cannot know: which listings there are, what holds between two fields, and who may log out."""

import base64
import json
import os
import random
import urllib.request

import schemathesis
from hypothesis import strategies
from schemathesis import GenerationMode

# The smallest PNG, one grey pixel: what a part with a picture's media type holds.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
for name in ["image/jpeg", "image/png", "image/webp", "image/gif"]:
    schemathesis.openapi.media_type(name, strategies.just(PICTURE))


def span(name):
    first, last = map(int, os.environ[name].split())
    return range(first, last + 1)


SALES = ["autumn", "winter"]
OWN, OTHERS = span("OWN_LISTINGS"), span("OTHERS_LISTINGS")
PAYMENTS = span("PAYMENTS")
DESK = "/api/v1/desk/"
# The generator of P-256, uncompressed.
POINT = "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"


def in_digits(value):
    """JSON Schema calls 12.0 an integer, the house does not: an amount is written in digits alone."""
    if isinstance(value, dict):
        return {name: in_digits(inner) for name, inner in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


@schemathesis.hook
def map_case(context, case):
    """Good data names a listing that is there, one's own to cancel it, and keeps to the rules between its fields."""
    if case.meta is not None and case.meta.generation.mode != GenerationMode.POSITIVE:
        return case
    case.body = in_digits(case.body)
    place = (case.method.upper(), case.path)
    if case.path.startswith(DESK):
        return at_desk(case, place)
    choice = random.Random(repr((place, case.path_parameters, case.query, case.body)))
    if case.path_parameters and "id" in case.path_parameters:
        own = place == ("DELETE", "/api/v1/listings/{id}")
        case.path_parameters["id"] = choice.choice(OWN if own else [1, 2, 3, 4, choice.choice(OTHERS)])
    if case.path_parameters and "code" in case.path_parameters:
        case.path_parameters["code"] = choice.choice(SALES)
    if place == ("GET", "/api/v1/listings") and case.query and (case.query.get("sort") == "lot" or "section" in case.query):
        case.query["sale"] = choice.choice(SALES)
    if isinstance(case.body, dict) and place == ("POST", "/api/v1/listings"):
        case.body = draft(case.body, case.media_type)
    if isinstance(case.body, dict) and place == ("POST", "/api/v1/me/tokens"):
        # Bob is no admin, a password that is made up is wrong, and a time may have passed.
        case.body = {"name": f"program {choice.random()}", "may": choice.choice(["read", "read,bid", ["list"]])}
    if isinstance(case.body, dict) and place == ("POST", "/api/v1/sessions") and "number" in case.body:
        case.body["sale"] = choice.choice(SALES)
    if isinstance(case.body, dict) and place == ("PATCH", "/api/v1/me") and isinstance(case.body.get("password"), str):
        case.body["password"] = os.environ["PASSWORD"]
    if isinstance(case.body, dict) and place == ("POST", "/api/v1/me/password"):
        case.body = {"old": os.environ["PASSWORD"], "new": os.environ["PASSWORD"]}
    if isinstance(case.body, dict) and place == ("POST", "/api/v1/listings/{id}/bids") and case.body.get("max"):
        case.body["max"] = max(case.body["max"], case.body["amount"])
    if isinstance(case.body, dict) and place == ("POST", "/api/v1/me/push"):
        # What else has the form of a key is no point of the curve.
        case.body |= {"endpoint": f"https://push.example.org/{choice.random()}", "keys": {"p256dh": POINT, "auth": "A" * 22}}
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(choice.random())
    return case


def at_desk(case, place):
    """The guests, lots and payments that check.py has made; what is optional keeps to what a person would type."""
    choice = random.Random(repr((place, case.path_parameters, case.query, case.body)))
    if case.path_parameters and "number" in case.path_parameters:
        case.path_parameters["number"] = choice.randint(1, 5)
    if case.path_parameters and "id" in case.path_parameters:
        case.path_parameters["id"] = choice.choice(PAYMENTS)
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(choice.random())
    if isinstance(case.body, dict):
        body = case.body
        if "lot" in body:
            body["lot"] = choice.choice(["A1", "a2"])
        if place == ("POST", DESK + "bids"):
            body["number"] = choice.randint(1, 5)
            if body.get("max"):
                body["max"] = max(body["max"], body["amount"])
        if place == ("POST", DESK + "payments"):
            body["number"] = choice.randint(1, 5)
        email = f"guest{choice.random()}@example.org"
        usual = {"phone": "010-1234", "email": email, "reference": "slip 7", "why": "the buyer is known"}
        for name, usual in usual.items():
            if body.get(name) is not None:
                body[name] = usual
    return case


FIELDS = ["title", "description", "opening", "closes_in_s", "reserve", "buy_now", "increment", "soft_close", "picture"]


def draft(body, media_type):
    """The close is ahead; a reserve is at least the opening, a buy-now price at least both; and not every text can be
    the name of a form's field."""
    is_form = media_type == "multipart/form-data"
    body = {name: value for name, value in body.items() if name in FIELDS or not is_form and name != "closes_at"}
    body.setdefault("closes_in_s", 3600)
    floor = body["opening"]
    for name in ("reserve", "buy_now"):
        if body.get(name) is not None:
            floor = body[name] = max(floor, body[name])
    return body


@schemathesis.auth(refresh_interval=None)
class Session:
    """Who logs out is a session of its own: all else is asked by the one that goes on."""

    def get(self, case, context):
        if case.path.startswith(DESK):
            return os.environ["DESK_TOKEN"]
        leaves = (case.method.upper(), case.path) == ("DELETE", "/api/v1/sessions/current")
        return log_in() if leaves else os.environ["TOKEN"]

    def set(self, case, token, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {token}"


def log_in():
    body = json.dumps({"email": "bob@example.org", "password": os.environ["PASSWORD"]}).encode()
    request = urllib.request.Request(os.environ["HOUSE"] + "/api/v1/sessions", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["token"]
