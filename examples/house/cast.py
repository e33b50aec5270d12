"""The cast of the sample house: its stewards and the thirty-eight people they know.

Everybody here is invented. Days are counted back from the anchor day ("today"): day 9 is nine days
ago, day -1 is tomorrow. Phone numbers use ranges that are reserved or not in service where a
country has such ranges; all mail domains end in .example.
"""

import datetime as dt
from dataclasses import dataclass, field

HOUSE_DOMAIN = "atelier.example"
DAYS_OF_MAIL = 548  # eighteen months


@dataclass(frozen=True)
class Zone:
    """A time zone as an offset in minutes and a daylight rule; needs no zone database."""

    iana: str
    minutes: int
    rule: str = ""  # "", "EU" or "US"

    def offset(self, when_utc):
        minutes = self.minutes
        if self.rule and self._summer(when_utc):
            minutes += 60
        return dt.timezone(dt.timedelta(minutes=minutes))

    def _summer(self, when_utc):
        year = when_utc.year
        if self.rule == "EU":
            start = _last_sunday(year, 3).replace(hour=1)
            end = _last_sunday(year, 10).replace(hour=1)
        else:
            start = _nth_sunday(year, 3, 2) + dt.timedelta(hours=2, minutes=-self.minutes)
            end = _nth_sunday(year, 11, 1) + dt.timedelta(hours=1, minutes=-self.minutes)
        naive = when_utc.replace(tzinfo=None)
        return start <= naive < end


def _last_sunday(year, month):
    day = dt.datetime(year, month, 31)
    return day - dt.timedelta(days=(day.weekday() + 1) % 7)


def _nth_sunday(year, month, n):
    day = dt.datetime(year, month, 1)
    return day + dt.timedelta(days=(6 - day.weekday()) % 7 + 7 * (n - 1))


@dataclass(frozen=True)
class Steward:
    key: str
    first: str
    name: str
    addresses: tuple
    phone: str
    capacity: int
    zone: Zone
    title: str
    client: str


@dataclass(frozen=True)
class Person:
    key: str
    first: str  # how one says hello
    given: str
    family: str
    shown: str  # the name as it stands in the person's own mail program
    org: str
    title: str
    city: str
    country: str  # ISO code
    country_name: str
    street: str
    zone: Zone
    mails: tuple
    phone: str  # as written on the card
    e164: str
    lang: str
    trade: str
    steward: str
    card: str  # which program wrote the card
    client: str  # which program writes the mail
    charset: str
    labels: tuple
    # Mail rhythm: days between their letters, as (until day, gap) phases from the oldest on.
    start: int
    phases: tuple
    last: int
    mate: str  # a colleague who is mentioned
    rhythm: tuple = ()  # (wish, tolerate) that was agreed; empty means learned from the mail
    birthday: tuple = ()  # (days until the next one, year or 0)
    phone2: str = ""
    note: str = ""
    extra: tuple = field(default_factory=tuple)  # further vCard lines, kept verbatim

    @property
    def mail(self):
        return self.mails[0] if self.mails else ""

    @property
    def address(self):
        """The contact point by which requests name the person."""
        return self.mail or self.e164


BERLIN = Zone("Europe/Berlin", 60, "EU")
LISBON = Zone("Europe/Lisbon", 0, "EU")
WARSAW = Zone("Europe/Warsaw", 60, "EU")
LONDON = Zone("Europe/London", 0, "EU")
BUDAPEST = Zone("Europe/Budapest", 60, "EU")
STOCKHOLM = Zone("Europe/Stockholm", 60, "EU")
KOLKATA = Zone("Asia/Kolkata", 330)
KYIV = Zone("Europe/Kyiv", 120, "EU")
ATHENS = Zone("Europe/Athens", 120, "EU")
PARIS = Zone("Europe/Paris", 60, "EU")
COPENHAGEN = Zone("Europe/Copenhagen", 60, "EU")
ISTANBUL = Zone("Europe/Istanbul", 180)
ROME = Zone("Europe/Rome", 60, "EU")
REYKJAVIK = Zone("Atlantic/Reykjavik", 0)
AMMAN = Zone("Asia/Amman", 180)
LIMA = Zone("America/Lima", -300)
BRUSSELS = Zone("Europe/Brussels", 60, "EU")
BRATISLAVA = Zone("Europe/Bratislava", 60, "EU")
TOKYO = Zone("Asia/Tokyo", 540)
SEOUL = Zone("Asia/Seoul", 540)
SHANGHAI = Zone("Asia/Shanghai", 480)
SAIGON = Zone("Asia/Ho_Chi_Minh", 420)
BANGKOK = Zone("Asia/Bangkok", 420)
NAIROBI = Zone("Africa/Nairobi", 180)
SOFIA = Zone("Europe/Sofia", 120, "EU")
TBILISI = Zone("Asia/Tbilisi", 240)
DAKAR = Zone("Africa/Dakar", 0)
DUBLIN = Zone("Europe/Dublin", 0, "EU")
TORONTO = Zone("America/Toronto", -300, "US")
RECIFE = Zone("America/Recife", -180)
CASABLANCA = Zone("Africa/Casablanca", 60)
HELSINKI = Zone("Europe/Helsinki", 120, "EU")
JERUSALEM = Zone("Asia/Jerusalem", 120)

STEWARDS = (
    Steward("mara", "Mara", "Mara Lindqvist",
            ("mara@atelier.example", "mara.lindqvist@atelier.example"),
            "+494055590110", 6, BERLIN, "Customers and workshop visits", "thunderbird"),
    Steward("jonas", "Jonas", "Jonas Brandt", ("jonas@atelier.example",),
            "+494055590111", 5, BERLIN, "Customers, planning board", "apple"),
    Steward("aiko", "Aiko", "Aiko Tanabe", ("aiko@atelier.example",),
            "+494055590112", 4, BERLIN, "Customers in Asia and East Africa", "gmail"),
)
STEWARD = {s.key: s for s in STEWARDS}


def people(thursday):
    """The cast. `thursday` is the number of days since the last Thursday before the anchor."""
    return (
        # ---- held by Mara; the first six are on her list today -------------------------------
        Person("ana", "Ana", "Ana", "Lopes", "Ana Lopes", "Lusotêxtil, Lda.", "Operations",
               "Lisboa", "PT", "Portugal", "Rua das Tecedeiras 14", LISBON,
               ("ana@lusotextil.example", "ana.lopes@lusotextil.example"),
               "21 555 0142", "+351215550142", "pt", "textile", "mara", "ios", "gmail", "utf-8",
               ("Customers", "Textile"), DAYS_OF_MAIL, ((0, 16),), thursday, "Duarte",
               birthday=(96, 1986), phone2="+351 912 555 018"),
        Person("tomasz", "Tomasz", "Tomasz", "Zieliński", "Tomasz Zieliński",
               "Introligatornia Zieliński", "Owner", "Kraków", "PL", "Poland", "ul. Dębowa 7",
               WARSAW, ("tomasz@zielinski-oprawa.example",), "12 555 01 77", "+48125550177", "pl",
               "bindery", "mara", "v21", "thunderbird", "iso-8859-2", ("Customers",),
               520, ((0, 21),), 12, "Beata", rhythm=(21, 35), birthday=(41, 1971)),
        Person("ruth", "Ruth", "Ruth", "Okafor", "Ruth Okafor", "Okafor Ceramics", "Potter",
               "Bristol", "GB", "United Kingdom", "3 Lime Kiln Yard", LONDON,
               ("ruth@okafor-ceramics.example", "ruth.okafor@post.example"),
               "0117 496 0123", "+441174960123", "en", "ceramics", "mara", "v4", "apple", "utf-8",
               ("Customers", "Friends"), DAYS_OF_MAIL, ((120, 12), (0, 17)), 36, "Tobi",
               rhythm=(14, 28), birthday=(2, 0), note="Knew Mara before the house existed."),
        Person("ines", "Ines", "Ines", "Varga", "Varga Ines", "Varga Cipő Kft.",
               "Production manager", "Budapest", "HU", "Hungary", "Kézműves utca 22", BUDAPEST,
               ("ines.varga@vargacipo.example",), "(06 1) 555 0163", "+3615550163", "hu", "shoes",
               "mara", "outlook21", "outlook", "iso-8859-2", ("Customers", "Pilot group"),
               505, ((0, 14),), 10, "Gábor", rhythm=(21, 32), birthday=(150, 1979)),
        Person("bo", "Bo", "Bo", "Andersson", "Bo Andersson", "Andersson Trä AB", "Joiner, owner",
               "Malmö", "SE", "Sverige", "Sågverksgatan 5", STOCKHOLM,
               ("bo@andersson-tra.example",), "040-555 01 28", "+46405550128", "sv", "joinery",
               "mara", "google", "thunderbird", "iso-8859-1", ("Customers",),
               300, ((0, 30),), 42, "Lena", rhythm=(30, 35), birthday=(200, 0)),
        Person("priya", "Priya", "Priya", "Nair", "Priya Nair", "Nair Handlooms", "Founder",
               "Kochi", "IN", "India", "27 Weavers' Lane, Chendamangalam Road", KOLKATA,
               ("priya@nairhandlooms.example",), "+91 484 555 0191", "+914845550191", "en",
               "weaving", "mara", "google", "gmail", "utf-8", ("Pilot group",),
               64, ((0, 9),), 0, "Anjali", rhythm=(14, 21), birthday=(33, 1991)),
        Person("rui", "Rui", "Rui", "Matos", "Rui Matos", "Matos & Filhos", "Plant manager",
               "Porto", "PT", "Portugal", "Rua do Tear 31", LISBON, ("rui@matosefilhos.example",),
               "22 555 0119", "+351225550119", "pt", "textile", "mara", "google", "gmail", "utf-8",
               ("Customers", "Textile"), DAYS_OF_MAIL, ((0, 13),), 6, "Sérgio",
               birthday=(77, 1968)),
        Person("olena", "Olena", "Олена", "Коваленко", "Олена Коваленко", "Майстерня «Льон»",
               "Head of production", "Lviv", "UA", "Україна", "вул. Ткацька 9", KYIV,
               ("olena@maysternya-lon.example",), "+380 32 555 01 84", "+380325550184", "uk",
               "textile", "mara", "v4", "webmail", "utf-8", ("Customers", "Textile"),
               DAYS_OF_MAIL, ((0, 10),), 4, "Taras", rhythm=(12, 18), birthday=(120, 1984)),
        Person("giorgos", "Giorgos", "Γιώργος", "Παπαδάκης", "Γιώργος Παπαδάκης",
               "Παπαδάκης Έπιπλα", "Owner", "Heraklion", "GR", "Ελλάδα", "Οδός Ξυλουργών 12",
               ATHENS, ("giorgos@papadakis-epipla.example",), "2810 555 017", "+302810555017", "el",
               "joinery", "mara", "ios", "apple", "utf-8", ("Customers",),
               470, ((0, 12),), 5, "Katerina", rhythm=(14, 24), birthday=(240, 0)),
        Person("helene", "Hélène", "Hélène", "Dubois", "Hélène Dubois", "Atelier Dubois Reliure",
               "Gérante", "Lyon", "FR", "France", "18, montée des Relieurs", PARIS,
               ("helene@dubois-reliure.example",), "04 78 55 01 36", "+33478550136", "fr",
               "bindery", "mara", "evolution", "thunderbird", "iso-8859-1", ("Customers",),
               DAYS_OF_MAIL, ((0, 14),), 8, "Luc", birthday=(61, 1975)),
        Person("soren", "Søren", "Søren", "Kjær", "Søren Kjær", "Kjær Cykler ApS", "Workshop lead",
               "Aarhus", "DK", "Denmark", "Hjulmagervej 3", COPENHAGEN, ("soren@kjaercykler.example",),
               "86 55 01 09", "+4586550109", "da", "bikes", "mara", "outlook21", "outlook",
               "iso-8859-1", ("Customers",), 270, ((0, 21),), 33, "Mette", rhythm=(21, 30),
               birthday=(175, 1980)),
        Person("malgorzata", "Małgorzata", "Małgorzata", "Wójcik", "Małgorzata Wójcik",
               "Szwalnia Wójcik", "Co-owner", "Łódź", "PL", "Polska", "ul. Szwalnicza 40", WARSAW,
               ("m.wojcik@szwalniawojcik.example",), "42 555 01 12", "+48425550112", "pl",
               "textile", "mara", "google", "gmail", "utf-8", ("Customers", "Textile"),
               490, ((0, 18),), 9, "Ewa", rhythm=(21, 32), birthday=(300, 1969)),
        Person("yusuf", "Yusuf", "Yusuf", "Demir", "Yusuf Demir", "Demir Deri Atölyesi", "Owner",
               "İzmir", "TR", "Turkey", "Saraçlar Sokak 8", ISTANBUL, ("yusuf@demirderi.example",),
               "0232 555 01 45", "+902325550145", "tr", "leather", "mara", "v21", "phone", "utf-8",
               ("Customers",), 430, ((0, 20),), 11, "Elif", rhythm=(25, 38), birthday=(88, 0)),
        Person("chiara", "Chiara", "Chiara", "Bellini", "Chiara Bellini", "Lanificio Bellini",
               "Planning", "Biella", "IT", "Italia", "Via dei Telai 6", ROME,
               ("chiara.bellini@lanificiobellini.example",), "015 555 0133", "+390155550133", "it",
               "textile", "mara", "ios", "htmlonly", "utf-8", ("Customers", "Textile"),
               285, ((0, 24),), 38, "Paolo", rhythm=(24, 35), birthday=(60, 1988)),
        Person("thorunn", "Þórunn", "Þórunn", "Jónsdóttir", "Þórunn Jónsdóttir", "Ullarverk",
               "Knitter", "Reykjavík", "IS", "Ísland", "Vefaragata 2", REYKJAVIK,
               ("thorunn@ullarverk.example",), "555 0107", "+3545550107", "is", "weaving", "mara",
               "v4", "apple", "utf-8", ("Former customers", "Friends"), DAYS_OF_MAIL, ((0, 22),),
               210, "Sigga", birthday=(260, 1962)),
        Person("larserik", "Lars-Erik", "Lars-Erik", "Nyström", "Lars-Erik Nyström",
               "Nyström Mekaniska", "Owner", "Borås", "SE", "Sweden", "Verkstadsvägen 19",
               STOCKHOLM, ("lars-erik@nystrommek.example",), "033-555 01 50", "+46335550150", "sv",
               "metal", "mara", "outlook21", "outlook", "iso-8859-1", ("Customers",),
               DAYS_OF_MAIL, ((0, 35),), 130, "Kent", birthday=(310, 1959)),
        Person("noor", "Noor", "نور", "حداد", "Noor Haddad نور حداد", "Haddad Soapworks", "Founder",
               "Amman", "JO", "الأردن", "12 Rainbow Street", AMMAN, ("noor@haddadsoap.example",),
               "06 555 0174", "+96265550174", "ar", "soap", "mara", "google", "gmail", "utf-8",
               ("New",), 16, ((0, 6),), 3, "Samir", rhythm=(10, 16), birthday=(140, 1993)),
        Person("mateo", "Mateo", "Mateo", "Quispe Huamán", "Mateo Quispe", "Tejidos Quispe",
               "Coordinador", "Cusco", "PE", "Perú", "Calle Hatunrumiyoc 210", LIMA,
               ("mateo@tejidosquispe.example",), "084 555 017", "+5184555017", "es", "weaving",
               "mara", "google", "phone", "utf-8", ("Customers", "Textile"),
               400, ((0, 17),), 7, "Rosa", rhythm=(20, 30), birthday=(55, 1990)),
        Person("ulrike", "Frau Dr. Hoffmann", "Ulrike", "Hoffmann", "Dr. Ulrike Hoffmann",
               "Steuerkanzlei Hoffmann", "Tax adviser", "Hamburg", "DE", "Germany",
               "Speicherweg 11", BERLIN, ("kanzlei@steuer-hoffmann.example",), "040 5550 1190",
               "+494055501190", "de", "office", "mara", "outlook21", "outlook", "iso-8859-1",
               ("Suppliers",), DAYS_OF_MAIL, ((0, 30),), 15, "Herr Petersen",
               birthday=(190, 0)),
        Person("pieter", "Pieter", "Pieter", "van den Berg", "Pieter van den Berg",
               "Drukkerij Van den Berg", "Production", "Gent", "BE", "Belgium", "Drukpersstraat 4",
               BRUSSELS, ("pieter@drukkerijvdb.example",), "09 255 01 22", "+3292550122", "nl",
               "print", "mara", "evolution", "thunderbird", "utf-8", ("Customers",),
               DAYS_OF_MAIL, ((0, 11),), 2, "Joke", rhythm=(14, 21), birthday=(112, 1982)),
        # ---- held by Jonas --------------------------------------------------------------------
        Person("katarina", "Katarína", "Katarína", "Horváthová", "Katarína Horváthová",
               "Sklárne Horváth", "Planner", "Bratislava", "SK", "Slovakia", "Sklárska 15",
               BRATISLAVA, ("katarina@sklarne-horvath.example",), "02/555 501 31", "+421255550131",
               "sk", "glass", "jonas", "v21", "outlook", "utf-8", ("Customers",),
               500, ((0, 15),), 7, "Peter", rhythm=(20, 30), birthday=(18, 1985)),
        Person("dvora", "Dvora", "דבורה", "לוי", "Dvora Levi דבורה לוי", "Levi Bookbinding",
               "Owner", "Haifa", "IL", "Israel", "HaNamal 21", JERUSALEM,
               ("dvora@levi-binding.example",), "04-555-0166", "+97245550166", "he", "bindery",
               "jonas", "ios", "apple", "utf-8", ("Customers",), 450, ((0, 19),), 12, "Amir",
               rhythm=(21, 35), birthday=(70, 1966)),
        Person("ivan", "Ivan", "Иван", "Петров", "Иван Петров", "Петров Мебел", "Foreman",
               "Plovdiv", "BG", "България", "ул. Дърводелска 8", SOFIA, ("ivan@petrovmebel.example",),
               "032 555 014", "+35932555014", "bg", "joinery", "jonas", "google", "webmail",
               "utf-8", ("Customers",), 380, ((0, 17),), 48, "Vesela", rhythm=(20, 30),
               birthday=(210, 1977)),
        Person("nino", "Nino", "ნინო", "ბერიძე", "ნინო ბერიძე", "Beridze Felt", "Felt maker",
               "Tbilisi", "GE", "საქართველო", "Betlemi Street 17", TBILISI, (),
               "+995 32 255 50 18", "+995322555018", "ka", "weaving", "jonas", "v4", "phone",
               "utf-8", ("Customers", "Phone only"), 0, (), 0, "Lasha", birthday=(45, 0),
               note="No e-mail. Calls in the morning."),
        Person("jb", "Jean-Baptiste", "Jean-Baptiste", "N'Diaye", "Jean-Baptiste N'Diaye",
               "Ateliers du Fleuve", "Directeur", "Dakar", "SN", "Sénégal",
               "Avenue des Teinturiers 44", DAKAR, ("jb.ndiaye@ateliersdufleuve.example",),
               "33 855 01 58", "+221338550158", "fr", "textile", "jonas", "google", "gmail",
               "utf-8", ("Customers", "Textile"), 420, ((0, 16),), 1, "Awa", rhythm=(21, 30),
               birthday=(131, 1974)),
        Person("siobhan", "Siobhán", "Siobhán", "Ní Bhriain", "Siobhán Ní Bhriain", "Tonn Harps",
               "Harp maker", "Galway", "IE", "Ireland", "9 Quay Lane", DUBLIN,
               ("siobhan@tonnharps.example",), "091 555 017", "+35391555017", "en", "instruments",
               "jonas", "ios", "apple", "utf-8", ("Customers", "Friends"), 540, ((0, 13),), 6,
               "Cormac", rhythm=(14, 25), birthday=(99, 1983)),
        Person("wolfgang", "Herr Müller-Straßer", "Wolfgang", "Müller-Straßer",
               "Wolfgang Müller-Straßer", "Messermanufaktur Müller-Straßer", "Betriebsleiter",
               "Solingen", "DE", "Germany", "Klingenpfad 30", BERLIN,
               ("w.mueller-strasser@messermanufaktur.example",), "0212 5550 114", "+492125550114",
               "de", "metal", "jonas", "outlook21", "outlook", "windows-1252", ("Customers",),
               DAYS_OF_MAIL, ((0, 18),), 9, "Frau Kühn", rhythm=(21, 35), birthday=(160, 1964)),
        Person("emilie", "Émilie", "Émilie", "Tremblay", "Émilie Tremblay", "Lutherie Tremblay",
               "Luthière", "Québec", "CA", "Canada", "55, rue des Luthiers", TORONTO,
               ("emilie@lutherietremblay.example",), "(418) 555-0126", "+14185550126", "fr",
               "instruments", "jonas", "google", "gmail", "utf-8", ("Customers",),
               360, ((0, 20),), 95, "Félix", rhythm=(25, 38), birthday=(28, 1987)),
        Person("joao", "João", "João", "Conceição", "João Conceição", "Cerâmica Conceição",
               "Sócio", "Recife", "BR", "Brazil", "Rua do Barro 88", RECIFE,
               ("joao@ceramicaconceicao.example",), "(81) 5555-0143", "+558155550143", "pt",
               "ceramics", "jonas", "v21", "phone", "utf-8", ("Former customers",),
               540, ((0, 26),), 260, "Lívia", birthday=(222, 0)),
        Person("fatima", "Fatima Zahra", "فاطمة الزهراء", "الإدريسي",
               "Fatima Zahra El Idrissi فاطمة الزهراء الإدريسي", "Coopérative Zelij", "Présidente",
               "Fès", "MA", "المغرب", "Derb Tanneurs 5", CASABLANCA, ("fatima@coopzelij.example",),
               "05 35 55 01 40", "+212535550140", "fr", "ceramics", "jonas", "google", "webmail",
               "utf-8", ("Customers",), 330, ((0, 15),), 10, "Khadija", rhythm=(20, 32),
               birthday=(48, 1981)),
        Person("matti", "Matti", "Matti", "Virtanen", "Matti Virtanen", "Virtanen Kanteleet",
               "Builder", "Tampere", "FI", "Finland", "Tehtaankatu 6", HELSINKI,
               ("matti@virtanenkanteleet.example",), "03 555 0149", "+35835550149", "fi",
               "instruments", "jonas", "evolution", "thunderbird", "utf-8", ("New",),
               26, ((0, 7),), 5, "Aino", rhythm=(12, 18), birthday=(180, 1995)),
        # ---- held by Aiko ---------------------------------------------------------------------
        Person("yoko", "Tanaka-san", "陽子", "田中", "田中 陽子", "京都織物工房", "工房長", "Kyoto",
               "JP", "日本", "西陣町 3-8", TOKYO, ("tanaka@kyoto-orimono.example",), "075-555-0132",
               "+81755550132", "ja", "textile", "aiko", "iosja", "outlook", "iso-2022-jp",
               ("Customers", "Textile"), 540, ((0, 14),), 6, "Mori", rhythm=(20, 30),
               birthday=(65, 1972)),
        Person("minjun", "Min-jun", "민준", "김", "김민준", "부산 가구공방", "Manager", "Busan", "KR",
               "대한민국", "공방길 27", SEOUL, ("minjun@busangagu.example",), "051-555-0116",
               "+82515550116", "ko", "joinery", "aiko", "google", "gmail", "utf-8", ("Customers",),
               400, ((0, 19),), 8, "Seo-yeon", rhythm=(21, 32), birthday=(105, 1989)),
        Person("lihua", "Lihua", "丽华", "王", "王丽华", "杭州纸灯坊", "Partner", "Hangzhou", "CN", "中国",
               "灯笼巷 16号", SHANGHAI, ("lihua@hangzhou-lanterns.example",), "0571 5550 1152",
               "+8657155501152", "zh", "paper", "aiko", "google", "webmail", "utf-8",
               ("Customers",), 480, ((0, 23),), 41, "Chen", rhythm=(24, 36), birthday=(142, 1978)),
        Person("mai", "Mai", "Mai", "Nguyễn Thị", "Nguyễn Thị Mai", "Xưởng Lồng Đèn Mai", "Owner",
               "Hội An", "VN", "Việt Nam", "22 Trần Phú", SAIGON, ("mai@longdenmai.example",),
               "0235 555 0138", "+842355550138", "vi", "paper", "aiko", "ios", "phone", "utf-8",
               ("Customers",), 350, ((0, 18),), 9, "Hùng", rhythm=(21, 32), birthday=(36, 1992)),
        Person("rajesh", "Rajesh", "राजेश", "शर्मा", "राजेश शर्मा", "Sharma Block Print",
               "Works manager", "Jaipur", "IN", "भारत", "Chhipa Mohalla 41", KOLKATA,
               ("rajesh@sharmablockprint.example",), "0141 555 0125", "+911415550125", "en",
               "print", "aiko", "v4", "gmail", "utf-8", ("Customers", "Textile"),
               520, ((0, 16),), 11, "Meena", rhythm=(20, 30), birthday=(80, 1970)),
        Person("somchai", "Somchai", "สมชาย", "พรหมมา", "สมชาย พรหมมา", "Phromma Lacquer", "Lacquerer",
               "Chiang Mai", "TH", "ประเทศไทย", "88 ถนนวัวลาย", BANGKOK, (), "053 555 017",
               "+6653555017", "th", "paper", "aiko", "google", "phone", "utf-8",
               ("Customers", "Phone only"), 0, (), 0, "Noi", birthday=(128, 0)),
        Person("wanjiru", "Wanjiru", "Wanjiru", "Kamau", "Wanjiru Kamau", "Kamau Bicycles",
               "Workshop lead", "Nairobi", "KE", "Kenya", "Kirinyaga Road 102", NAIROBI,
               ("wanjiru@kamaubicycles.example",), "020 555 0181", "+254205550181", "en", "bikes",
               "aiko", "google", "gmail", "utf-8", ("Customers",), 460, ((0, 13),), 4, "Otieno",
               rhythm=(15, 24), birthday=(58, 1985)),
    )


# Words of each trade, to make letters speak of real work.
TRADES = {
    "textile": dict(
        things=["table linen", "school uniforms", "jersey shirts", "the grey poplin", "tea towels",
                "the striped aprons", "bed linen", "work jackets"],
        machines=["the cutting table", "the embroidery line", "the steam press", "loom four",
                  "the overlock row", "the dye vat"],
        steps=["cutting", "dyeing", "hemming", "pressing", "packing"],
        snags=["the dye lot came back a shade off", "two rolls had weaving faults",
               "the hem gauge drifted", "the buttons are stuck in customs"]),
    "weaving": dict(
        things=["alpaca throws", "the temple saris", "kitchen cloths", "the blue shawls",
                "felt slippers", "wall hangings"],
        machines=["the wide loom", "the warping mill", "the bobbin winder", "the narrow loom"],
        steps=["warping", "weaving", "washing", "finishing"],
        snags=["the warp tension was wrong all morning", "the indigo was late",
               "a reed broke on the wide loom", "the wool came in wet"]),
    "bindery": dict(
        things=["the church registers", "guest books", "thesis copies", "the map portfolio",
                "the linen-bound atlas", "sketchbooks"],
        machines=["the sewing machine", "the guillotine", "the foil press", "the nipping press"],
        steps=["sewing", "rounding", "casing-in", "foiling"],
        snags=["the glue took twice as long to dry", "the foil came in the wrong gold",
               "the guillotine cut a millimetre short", "one signature was bound upside down"]),
    "ceramics": dict(
        things=["the café cups", "the blue tiles", "soup bowls", "the big planters",
                "the wedding plates", "the star tiles"],
        machines=["the big kiln", "the test kiln", "the pug mill", "the tile press"],
        steps=["throwing", "bisque firing", "glazing", "the second firing"],
        snags=["half a kiln crawled", "the controller stopped at 900 degrees",
               "the new clay shrinks more than it should", "the glaze ran on the rims"]),
    "shoes": dict(
        things=["the winter boots", "children's sandals", "the welted brogues", "dance shoes",
                "the hiking pair for the shop in Pécs"],
        machines=["the lasting machine", "the sole press", "the clicking press", "the finishing line"],
        steps=["clicking", "closing", "lasting", "finishing"],
        snags=["the lasts for size 38 are missing", "the soles did not bond in the cold",
               "the calf leather has scars", "the eyelets came in brass instead of nickel"]),
    "joinery": dict(
        things=["the library shelves", "oak windows", "the staircase", "the kitchen fronts",
                "twelve café tables", "the chapel doors"],
        machines=["the drying kiln", "the CNC router", "the planer", "the edge bander",
                  "the panel saw"],
        steps=["drying", "planing", "assembly", "oiling"],
        snags=["the boards were still at fourteen percent", "the router lost its zero",
               "the hinges are on back order", "the veneer split at the corner"]),
    "bikes": dict(
        things=["the cargo bikes", "the school fleet", "the courier frames", "forty wheel sets",
                "the folding ones"],
        machines=["the truing stand", "the frame jig", "the paint booth", "the wheel bench"],
        steps=["brazing", "painting", "wheel building", "final check"],
        snags=["the spokes are two millimetres short", "the paint booth filter clogged",
               "the hubs are still on a ship", "the jig was out by a hair"]),
    "leather": dict(
        things=["the saddle bags", "belts", "the doctor's bags", "watch straps", "the satchels"],
        machines=["the skiver", "the stitching machine", "the splitting machine", "the edge painter"],
        steps=["cutting", "skiving", "stitching", "edge painting"],
        snags=["the hides are thinner than ordered", "the thread keeps snapping",
               "the edge paint needed a third coat", "the buckles came without rollers"]),
    "metal": dict(
        things=["the santoku blades", "the paring knives", "hinges", "the bracket order",
                "garden shears"],
        machines=["the surface grinder", "the hardening furnace", "the laser", "the drop hammer"],
        steps=["forging", "hardening", "grinding", "handle fitting"],
        snags=["the furnace curve was off", "the belts wear out in a day",
               "one batch came out too soft", "the rivets are the wrong length"]),
    "soap": dict(
        things=["the olive bars", "the laurel soap", "gift boxes", "the hotel order"],
        machines=["the kettle", "the cutting frame", "the wrapping table"],
        steps=["boiling", "curing", "cutting", "wrapping"],
        snags=["the cure takes a week longer in the damp", "the oil came late from Ajloun",
               "the stamps blurred", "the labels are one language short"]),
    "print": dict(
        things=["the museum posters", "the seed packets", "the block-printed quilts",
                "the parish newsletter", "the wine labels"],
        machines=["the two-colour press", "the folder", "the long table", "the plate setter"],
        steps=["plates", "printing", "folding", "trimming"],
        snags=["the blue would not dry", "the plates were one version old",
               "the folder jams on the heavy stock", "a block cracked"]),
    "glass": dict(
        things=["the carafes", "lamp shades", "the hotel tumblers", "the church panes"],
        machines=["the annealing oven", "furnace two", "the engraving wheel", "the cutting wheel"],
        steps=["blowing", "annealing", "cutting", "polishing"],
        snags=["the annealer cooled too fast", "the batch has seeds", "the moulds need turning again",
               "furnace two is being relined"]),
    "instruments": dict(
        things=["the lever harps", "two violas", "the school kanteles", "the spruce tops",
                "a cello for the conservatory"],
        machines=["the bending iron", "the thickness sander", "the varnish room", "the go-bar deck"],
        steps=["bending", "carving", "varnishing", "stringing"],
        snags=["the varnish stayed tacky", "the spruce had a resin pocket",
               "the strings come from one maker and he is ill", "the humidity dropped overnight"]),
    "paper": dict(
        things=["the festival lanterns", "the lacquer trays", "the silk shades", "folding lamps"],
        machines=["the frame bench", "the drying racks", "the lacquer room", "the paper cutter"],
        steps=["framing", "covering", "lacquering", "packing"],
        snags=["the rain kept everything damp", "the bamboo split", "the lacquer needs another week",
               "the red silk is a different red"]),
    "office": dict(
        things=["the quarterly return", "the payroll file", "the annual accounts"],
        machines=["the scanner"], steps=["booking", "filing"],
        snags=["two receipts are missing", "the bank file was cut off at the 28th"]),
}
