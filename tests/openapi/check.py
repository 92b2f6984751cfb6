"""The document of the API against the real server, by schemathesis: a house with people, listings, bids, a settlement and a
picture is made and served, every operation of the document is asked with good and with bad data, and each answer must be
one that the document tells. Run by tests/all with the Python that schemathesis is installed for; AUCTION_BIN names the program.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path

HERE = Path(__file__).resolve().parent
AUCTION = os.environ["AUCTION_BIN"]
PASSWORD = "correct horse"
# Enough for all that schemathesis buys, cancels and bids on.
N_LISTINGS = 400
# Asked as fast as may be, by one person from one address.
NO_RATES = ["limit_bids_per_s", "limit_sign_ins_per_min", "limit_log_ins_per_min", "limit_sessions_per_account",
            "limit_sign_ups_per_min", "limit_connections_per_address", "limit_open_listings", "limit_listings_per_min",
            "limit_listings_per_day", "limit_pushes_per_min", "limit_pictures_per_min", "limit_pictures_per_day"]


class House:
    def __init__(self, folder):
        self.env = {"AUCTION_DATA_DIR": f"{folder}/data", "HOME": folder, "PATH": folder, "TMPDIR": folder}
        for key in NO_RATES:
            self.run("house", "set", key, "0")
        for name in ["Ann", "Bob", "Cleo"]:
            email = f"{name.lower()}@example.org"
            self.run("account", "add", "--email", email, "--name", name, "--password-stdin", stdin=PASSWORD)
            self.run("account", "credit", email, str(10**15), "--why", "paid at the desk")
        self.run("listing", "import", self.lots(folder))
        self.add_sale("autumn")
        self.add_sale("winter", "--opens-at", self.tomorrow(0))
        self.code = self.open_desk("autumn")
        self.log = open(f"{folder}/server.log", "w+")
        serve = [AUCTION, "serve", "--listen", "127.0.0.1:0", "--scheduler", "none"]
        self.server = subprocess.Popen(serve, env=self.env, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.url = self.server.stdout.readline().strip().removeprefix("listening on ")

    def run(self, *args, stdin=""):
        subprocess.run([AUCTION, *args], env=self.env, input=stdin, text=True, check=True, stdout=subprocess.DEVNULL)

    @staticmethod
    def lots(folder):
        lots = Path(folder, "lots.csv")
        ends = ["seller,title,opening,closes_in_s,buy_now"]
        rows = [f"ann@example.org,Lamp {n},1000,86400,5000" for n in range(N_LISTINGS)]
        lots.write_text("\n".join(ends + rows) + "\n")
        return str(lots)

    @staticmethod
    def tomorrow(hour):
        day = datetime.now(timezone.utc) + timedelta(days=1)
        return day.strftime(f"%Y-%m-%dT{hour:02}:00:00Z")

    def add_sale(self, code, *more):
        """Two lots; no test bids on them, for hooks.py names others."""
        self.run("sale", "add", code, "--name", code.title(), "--closes-at", self.tomorrow(23), "--every", "1m", *more)
        for lot in ["A1", "A2"]:
            terms = ["--seller", "ann@example.org", "--title", f"Lot {lot}", "--opening", "1000", "--section", "Art"]
            self.run("listing", "add", *terms, "--sale", code, "--lot", lot)
        self.run("sale", "publish", code)

    def open_desk(self, sale):
        """A pass for everything, and guests with the numbers from 1 on; the code of the pass."""
        command = [AUCTION, "desk", "open", "Till 1", "--sale", sale, "--may", "checkin,bid,checkout", "--format", "json"]
        opened = subprocess.run(command, env=self.env, check=True, text=True, stdout=subprocess.PIPE)
        return json.loads(opened.stdout)["code"]

    def enter_desk(self):
        """The token of the pass, with some guests and payments to ask for; the ids of the payments."""
        token = self.ask("POST", "/api/v1/desk/sessions", body={"code": self.code})["token"]
        write = lambda path, key, body: self.ask("POST", f"/api/v1/desk/{path}", token, body, key)
        for nth in range(1, 6):
            write("bidders", f"guest {nth}", {"name": f"Guest {chr(64 + nth) * 5}", "anyway": True})
        paid = [write("payments", f"payment {nth}", {"number": 1, "amount": 5, "method": "cash"}) for nth in range(60)]
        return token, [answer["payment"]["id"] for answer in paid]

    def ask(self, method, path, token=None, body=None, key=None):
        request = urllib.request.Request(self.url + path, method=method, data=body and json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        if key:
            request.add_header("Idempotency-Key", key)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or "null")

    def log_in(self, name):
        body = {"email": f"{name}@example.org", "password": PASSWORD}
        return self.ask("POST", "/api/v1/sessions", body=body)["token"]

    def begin(self):
        """Bids on some, one of them bought, one cancelled: Bob, who asks, has something of everything."""
        ann, bob, cleo = (self.log_in(name) for name in ["ann", "bob", "cleo"])
        bid = lambda token, listing, amount: self.ask("POST", f"/api/v1/listings/{listing}/bids", token, {"amount": amount, "message": "mine"})
        bid(bob, 1, 1000), bid(cleo, 1, 2000), bid(bob, 2, 1000)
        self.ask("POST", "/api/v1/listings/3/buy", bob)
        self.ask("DELETE", "/api/v1/listings/4", ann)
        self.ask("POST", "/api/v1/listings/1/watch", bob)
        own = {"title": "Bob's chair", "opening": 500, "reserve": 700, "closes_in_s": 86400}
        own = [self.ask("POST", "/api/v1/listings", bob, own)["id"] for _ in range(100)]
        return bob, own

    def end(self):
        self.server.terminate()
        self.server.wait(10)
        self.log.seek(0)
        return self.log.read()


def main():
    with tempfile.TemporaryDirectory() as folder:
        house = House(folder)
        try:
            bob, own = house.begin()
            desk, payments = house.enter_desk()
            hooks = {"OWN_LISTINGS": f"{own[0]} {own[-1]}", "OTHERS_LISTINGS": f"5 {N_LISTINGS}", "HOUSE": house.url, "PASSWORD": PASSWORD}
            command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run"]
            command += [f"{house.url}/api/v1/openapi.json", "--url", house.url, *sys.argv[1:]]
            hooks |= {"DESK_TOKEN": desk, "PAYMENTS": f"{payments[0]} {payments[-1]}"}
            env = os.environ | hooks | {"TOKEN": bob, "PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": "hooks"}
            status = subprocess.run(command, env=env, cwd=folder).returncode
        finally:
            log = house.end()
        house.run("audit")
        if status or "panicked" in log or " ERROR " in log:
            sys.exit(f"{log[-4000:]}\nthe API and its document do not agree, or the server failed")


main()
