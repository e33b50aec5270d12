"""The shapes of the requests of house.jsonl: adapt these when the protos change."""

import uuid

SPACE = uuid.UUID("3a9b1a56-93c1-4d0e-8a6f-6f4e5d2c1b00")


CONTACT = "rapport.contact.v1."
ENGAGEMENT = "rapport.engagement.v1."
RECOMMENDATION = "rapport.recommendation.v1."


def stamp(when):
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


class Lines:
    def __init__(self, anchor):
        self.anchor = anchor
        self.lines = []

    def add(self, method, request, key="", request_id=True):
        if request_id:
            name = f"{self.anchor}/{len(self.lines)}/{method}"
            request["requestId"] = str(uuid.uuid5(SPACE, name))
        line = {"method": method, "request": request}
        if key:
            line["save"] = key
        self.lines.append(line)


def relationship(address):
    return "{relationship:" + address + "}"


def create_steward(lines, steward):
    lines.add(CONTACT + "StewardService/CreateSteward", {
        "parent": "{tenant}", "stewardId": steward.key,
        "steward": {"displayName": steward.name, "addresses": list(steward.addresses) + [steward.phone],
                    "dailyCapacity": steward.capacity, "timeZone": steward.zone.iana}})


def update_settings(lines, label_rhythms):
    lines.add(CONTACT + "StewardService/UpdateSettings", {
        "settings": {
            "name": "{tenant}/settings",
            "houses": [{"id": "default", "displayName": "Atelier"}],
            "labelRhythms": [{"label": label, "rhythm": {"wishDays": wish, "tolerateDays": tolerate}}
                             for label, wish, tolerate in label_rhythms],
            "defaultRegion": "DE"},
        "updateMask": "houses,labelRhythms,defaultRegion"})


def assign_stewards(lines, address, stewards):
    lines.add(CONTACT + "RelationshipService/AssignStewards", {
        "name": relationship(address), "stewards": ["{tenant}/stewards/" + s for s in stewards]})


def set_rhythm(lines, address, wish, tolerate):
    lines.add(CONTACT + "RelationshipService/UpdateRelationship", {
        "relationship": {"name": relationship(address),
                         "rhythm": {"wishDays": wish, "tolerateDays": tolerate}},
        "updateMask": "rhythm"})


def window(begin, end):
    """Hours of the day, every day."""
    return {"beginMinute": 60 * begin, "endMinute": 60 * end}


def set_preference(lines, address, wishes, unwanted=(), channels=(), quiet_hours=(), zone=""):
    preference = {"name": "{person:" + address + "}/preference", "wishes": wishes}
    if unwanted:
        preference["unwantedTopics"] = [{"topic": t, "saidTime": stamp(when)} for t, when in unwanted]
    if channels:
        preference["channels"] = [{"channel": "CHANNEL_" + c, "choice": choice, "windows": windows}
                                  for c, choice, windows in channels]
    if quiet_hours:
        preference["quietHours"] = list(quiet_hours)
    if zone:
        preference["timeZone"] = zone
    lines.add(CONTACT + "PeopleService/UpdatePreference", {
        "preference": preference, "updateMask": ",".join(f for f in preference if f != "name")})


def consent(lines, address, decision, when, *, purpose="", channel="", until=None, words="", source=""):
    entry = {"decision": decision, "capturedTime": stamp(when), "effectiveTime": stamp(when)}
    if purpose:
        entry["purpose"] = "PURPOSE_" + purpose
    if channel:
        entry["channel"] = "CHANNEL_" + channel
    if decision == "GRANT":
        entry["lawfulBasis"] = "CONSENT"
    if until:
        entry["expireTime"] = stamp(until)
    if words or source:
        entry["evidence"] = {k: v for k, v in (("text", words), ("source", source)) if v}
    lines.add(CONTACT + "ConsentService/RecordConsent", {
        "parent": "{person:" + address + "}", "consentEntry": entry})


def care_event(lines, address, kind, text, told, *, said="", key=""):
    event = {"kind": kind, "text": text, "saidBy": "PARTY_PERSON", "saidTime": stamp(told)}
    if said:
        event["engagement"] = "{saved:" + said + "}"
    lines.add(ENGAGEMENT + "CareService/RecordCareEvent", {
        "parent": relationship(address), "careEvent": event}, key=key)


def care_guard(lines, address, steward, reason, event):
    lines.add(CONTACT + "RelationshipService/SetCareGuard", {
        "name": relationship(address), "steward": "{tenant}/stewards/" + steward, "reason": reason,
        "careEvent": "{saved:" + event + "}"})


def offer(lines, key, name, serves, stake, *, against=(), rest_days=None, paused=False):
    body = {"displayName": name, "serves": list(serves), "stake": stake}
    if against:
        body["contraIndications"] = list(against)
    if rest_days is not None:
        body["restAfterDeclineDays"] = rest_days
    if paused:
        body["paused"] = True
    lines.add(RECOMMENDATION + "OfferService/CreateOffer", {
        "parent": "{tenant}", "offerId": key, "offer": body})


def need(lines, address, summary, topic, when, *, by="PARTY_PERSON", explicit=False, buys=False,
         said="", offer="", key=""):
    body = {"summary": summary, "origin": by, "topics": [topic], "statedTime": stamp(when)}
    if explicit:
        body["explicit"] = True
    if buys:
        body["wantsToBuy"] = True
    if said:
        body["engagement"] = "{saved:" + said + "}"
    if offer:
        body["offers"] = ["{tenant}/offers/" + offer]
    lines.add(ENGAGEMENT + "NeedService/StateNeed", {
        "parent": relationship(address), "need": body}, key=key)


def outlive(lines, key, when, reason):
    lines.add(ENGAGEMENT + "NeedService/OutliveNeed", {
        "name": "{saved:" + key + "}", "saidBy": "PARTY_PERSON", "outliveTime": stamp(when), "reason": reason})


def sale(lines, address, summary, offer, when, moves, *, needs=(), by="PARTY_US", euros=0, key=""):
    """A sale of the past with what became of it: (stage, when, reason)."""
    body = {"summary": summary, "offer": "{tenant}/offers/" + offer, "ledBy": by,
            "saleTime": stamp(when), "noAfterCare": True}
    if needs:
        body["needs"] = ["{saved:" + n + "}" for n in needs]
    if euros:
        body["amount"] = {"currencyCode": "EUR", "units": str(euros)}
    lines.add(ENGAGEMENT + "SaleService/RecordSale", {"parent": relationship(address), "sale": body}, key=key)
    for stage, then, reason in moves:
        move = {"name": "{saved:" + key + "}", "stage": stage, "moveTime": stamp(then)}
        if reason:
            move["reason"] = reason
        lines.add(ENGAGEMENT + "SaleService/AdvanceSale", move)


def rest(lines, address, reason, evidence):
    lines.add(CONTACT + "RelationshipService/RestRelationship", {
        "name": relationship(address), "reason": reason, "saidBy": "PARTY_PERSON", "evidence": evidence})


def quiet(lines, address, reason):
    lines.add(CONTACT + "RelationshipService/QuietRelationship", {
        "name": relationship(address), "reason": reason, "saidBy": "PARTY_PERSON"})


def record(lines, address, steward, source_id, when, kind, channel, ours, theirs, subject, *,
           direction="MUTUAL", initiator="", topics=(), questions=None, items=(), key=""):
    engagement = {
        "source": "house", "sourceId": source_id, "eventTime": stamp(when), "kind": kind,
        "channel": channel, "direction": direction, "conduct": "HUMAN", "subject": subject,
        "steward": "{tenant}/stewards/" + steward}
    if ours or theirs:
        engagement.update(duration=f"{ours + theirs}s", ourSeconds=ours, theirSeconds=theirs)
    if initiator:
        engagement["initiator"] = initiator
    if topics:
        engagement["topics"] = list(topics)
    if questions:
        names = ("situation", "problem", "implication", "needPayoff")
        engagement["questions"] = {n: q for n, q in zip(names, questions) if q}
    if items:
        engagement["items"] = [{"direction": d, "kind": k} for d, k in items]
    # RecordEngagement needs no request_id: (source, source_id) makes a repeat harmless.
    lines.add(ENGAGEMENT + "EngagementService/RecordEngagement", {
        "parent": "{tenant}", "relationship": relationship(address), "engagement": engagement},
        key=key, request_id=False)


def promise(lines, address, steward, text, promised, due, *, by="PARTY_US", kind="", said="", key=""):
    body = {"promisedBy": by, "text": text, "dueTime": stamp(due), "promiseTime": stamp(promised)}
    if kind:
        body["kind"] = kind
    if by == "PARTY_US":
        body["steward"] = "{tenant}/stewards/" + steward
    if said:
        body["engagement"] = "{saved:" + said + "}"
    lines.add(ENGAGEMENT + "PromiseService/MakePromise", {
        "parent": relationship(address), "promise": body}, key=key)


def keep(lines, key, when, evidence):
    lines.add(ENGAGEMENT + "PromiseService/KeepPromise", {
        "name": "{saved:" + key + "}", "keepTime": stamp(when), "evidence": evidence})


def fact(lines, address, slot, text, when, *, by="PARTY_PERSON", said="", said_in="", topic=""):
    body = {"slot": slot, "text": text, "saidBy": by, "saidTime": stamp(when)}
    if said:
        body["engagement"] = "{saved:" + said + "}"
    if said_in:
        body["saidIn"] = said_in
    if topic:
        body["topics"] = [topic]
    lines.add(ENGAGEMENT + "UnderstandingService/LearnFact", {
        "parent": relationship(address), "fact": body})


def feedback(lines, address, kind, verbatim, when, about, key=""):
    lines.add(ENGAGEMENT + "UnderstandingService/GiveFeedback", {
        "parent": relationship(address),
        "feedback": {"kind": kind, "verbatim": verbatim, "givenTime": stamp(when), "about": about}},
        key=key)


def acknowledge(lines, key, when):
    lines.add(ENGAGEMENT + "UnderstandingService/AcknowledgeFeedback", {
        "name": "{saved:" + key + "}", "acknowledgeTime": stamp(when)})
