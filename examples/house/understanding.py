"""What people allow, need and bear, and what the house can do for them.

Topics tie it together: an offer serves a topic, and needs and facts name the same one.
"""

from shapes import care_event, care_guard, consent, need, offer, outlive, sale

# What the facts of a person are about, where an offer could serve it.
TOPICS = {
    "tomasz": "drying", "bo": "drying", "rui": "re-keying", "pieter": "heavy stock",
    "helene": "planning ahead", "jb": "second workshop", "olena": "power cuts", "yoko": "finishing",
}

# key: (name, topic, stake).
OFFERS = {
    "migration": ("Migration of the old orders", "re-keying", "HIGH"),
    "seats": ("More seats", "seats", "LOW"),
    "drying": ("Drying as a step of its own", "drying", "HIGH"),
    "changeover": ("Changeover warning", "heavy stock", "HIGH"),
}


def write_understanding(lines, by_key, at):
    offers(lines)
    allowed(lines, by_key, at)
    needs(lines, by_key, at)
    sales(lines, by_key, at)
    lives(lines, by_key, at)


def offers(lines):
    for key, (name, topic, stake) in OFFERS.items():
        offer(lines, key, name, (topic,), stake)
    offer(lines, "two-boards", "Two workshops on one board", ("second workshop",), "HIGH", against=("power cuts",))
    offer(lines, "six-months", "Six-month view", ("planning ahead",), "LOW", rest_days=120)
    offer(lines, "wall-plan", "Printed wall plan", ("finishing",), "LOW", paused=True)


def allowed(lines, by_key, at):
    def says(key, decision, day, **more):
        consent(lines, by_key[key].address, decision, at(key, day, 15), **more)

    says("ana", "GRANT", 300, purpose="PROPOSAL", words="yes, tell me what you build", source="fair in Porto")
    says("tomasz", "GRANT", 410, purpose="PROPOSAL", channel="EMAIL", words="in writing, please", source="letter")
    says("tomasz", "REFUSE", 410, channel="PHONE", words="no calls", source="letter")
    says("pieter", "GRANT", 160, purpose="PROPOSAL", words="if it helps the evening shift", source="visit")
    says("ruth", "GRANT", 419, purpose="PROPOSAL", words="you may always ask me", source="kiln opening")
    says("helene", "GRANT", 400, purpose="PROPOSAL", until=at("helene", 35, 15), words="pour un an", source="letter")
    says("jb", "GRANT", 210, purpose="PROPOSAL", words="oui, par lettre", source="letter")
    says("yoko", "GRANT", 130, purpose="PROPOSAL", channel="POST", words="a letter first", source="letter")
    says("rui", "GRANT", 6, purpose="INTRODUCTION", words="give her my name", source="letter")
    says("larserik", "WITHDRAW", 130, words="skriv inte mer", source="letter")


def needs(lines, by_key, at):
    def states(key, summary, topic, day, **more):
        need(lines, by_key[key].address, summary, topic, at(key, day, 12, 20), key=f"need-{key}", **more)

    # She wrote early this morning, and asks to buy.
    need(lines, by_key["priya"].address, "two more seats", "seats", at("priya", 0, 5), buys=True, offer="seats",
         key="need-priya")
    states("pieter", "an hour of warning before the folder jams", "heavy stock", 39, explicit=True, said="talk-pieter-39")
    states("tomasz", "covers that do not warp", "drying", 47, said="talk-tomasz-47")
    states("jb", "both workshops in one plan", "second workshop", 37, explicit=True, said="talk-jb-37")
    states("rui", "orders typed once only", "re-keying", 430, explicit=True)
    states("thorunn", "a plan for two looms", "weaving", 520, explicit=True)
    # We noticed it; he has not said it.
    states("bo", "more room in the drying kiln", "drying", 60, by="PARTY_US")
    # The need is over, she is not: the relationship rests, the letters go on.
    outlive(lines, "need-thorunn", at("thorunn", 210, 14), "she gave up the workshop")


def sales(lines, by_key, at):
    sale(lines, by_key["rui"].address, "the migration of the old orders", "migration", at("rui", 420, 11),
         (("AGREED", at("rui", 400, 11), ""), ("DELIVERED", at("rui", 330, 17), "")),
         needs=("need-rui",), euros=1800, key="sale-rui")
    sale(lines, by_key["helene"].address, "the six-month view", "six-months", at("helene", 45, 10),
         (("DECLINED_FOR_NOW", at("helene", 44, 16), "first the atlases"),), key="sale-helene")


def lives(lines, by_key, at):
    care_event(lines, by_key["ruth"].address, "BEREAVEMENT", "her father died", at("ruth", 36, 12), key="care-ruth")
    care_guard(lines, by_key["ruth"].address, "mara", "her father died", "care-ruth")
    care_event(lines, by_key["ana"].address, "CELEBRATION", "her daughter starts school", at("ana", 7, 10, 24),
               said="talk-ana-7")
