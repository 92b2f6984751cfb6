#!/usr/bin/python3
"""An SMTP server for the tests, by aiosmtpd: keeps each mail that it takes as a JSON file, and ends with its stdin.

smtp.py FOLDER [--port N] [--cert FILE --key FILE] [--login USER:PASSWORD] [--refuse ADDRESS] [--slow S]
        [--deaf: takes a mail and never says so] [--silent: never says a word]
"""
import argparse
import asyncio
import base64
import email
import email.policy
import json
import logging
import os
import ssl
import sys
import threading

from aiosmtpd.smtp import SMTP, AuthResult

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--cert")
parser.add_argument("--key")
parser.add_argument("--login")
parser.add_argument("--refuse")
parser.add_argument("--slow", type=float, default=0)
parser.add_argument("--deaf", action="store_true")
parser.add_argument("--silent", action="store_true")
args = parser.parse_args()


class Keeper:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == args.refuse:
            return "550 5.1.1 nobody of this name lives here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        kept = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "headers": {name.lower(): str(value) for name, value in mail.items()},
            "body": mail.get_body(("plain",)).get_content(),
            "html": html.get_content() if (html := mail.get_body(("html",))) else None,
            "inline": {
                part["content-id"]: [part.get_content_type(), base64.b64encode(part.get_content()).decode()]
                for part in mail.walk()
                if part["content-id"]
            },
            "raw": envelope.content.decode("ascii"),
            "tls": session.ssl is not None,
            "login": (session.auth_data.login.decode() if session.authenticated else None),
        }
        await asyncio.sleep(args.slow)
        name = os.path.join(args.folder, f"{len(os.listdir(args.folder)):04}-{os.getpid()}.json")
        with open(name + ".part", "w") as file:
            json.dump(kept, file)
        os.rename(name + ".part", name)
        if args.deaf:
            await asyncio.sleep(3600)
        return "250 OK"


def log_in(server, session, envelope, mechanism, data):
    session.authenticated = (data.login + b":" + data.password).decode() == args.login
    return AuthResult(success=session.authenticated, handled=False, auth_data=data)


def protocol():
    if args.silent:
        return asyncio.Protocol()
    tls = None
    if args.cert:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(args.cert, args.key)
    login = {"authenticator": log_in, "auth_required": True} if args.login else {}
    return SMTP(Keeper(), hostname="localhost", tls_context=tls, require_starttls=tls is not None, **login)


async def serve():
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", args.port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def end_with_stdin():
    sys.stdin.read()
    os._exit(0)


# Strangers who hang up are part of the tests.
logging.disable()
threading.Thread(target=end_with_stdin, daemon=True).start()
asyncio.run(serve())
