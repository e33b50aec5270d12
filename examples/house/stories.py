"""Conversations that belong to one person only.

A story is (day, subject, letters). A letter is (side, hours after the one before, text); side "T" is
theirs, "U" is ours. `hour` of the first letter is local time of its writer. The stories carry what
the worklist and the briefings of the sample show; everything else is everyday talk from words.py.
"""


def stories(thursday, say):
    """All stories by person. `say(day)` names a day in words ("Thursday the 19th")."""
    return {
        "ana": [
            (thursday, 9, "Export of finished orders", [
                ("T", 0, "the export of finished orders stops after 500 rows again. {mate} needs the whole list on Monday "
                 "for the auditors, and I do not want to type 700 lines.\n\nIs there a way around it, and when will it be "
                 "repaired?"),
            ]),
            (19, 11, "The report page", [
                ("T", 0, "one thing while I have it open: on the report page I can never tell whether the number is this "
                 "week or last week. The heading only says \"week\". Twice I told our boss the wrong one.\n\nI do not need "
                 "a new page, only the dates."),
                ("U", 5, "you are right, and that should not happen to anybody in front of the boss. I have passed it on "
                 "word by word and come back to you with an answer."),
            ]),
            (283, 15, "Prices", [
                ("T", 0, "please let us keep prices out of our letters. My cousin does the contracts, and each time I "
                 "read a number from you I have to explain it to three people. Let us talk about the work."),
                ("U", 3, "understood, and thank you for saying it so plainly. From me you hear about the work only."),
            ]),
            (322, 10, "We have moved", [
                ("T", 0, "the workshop has moved: same street, two doors down, and for the first time all machines on one "
                 "floor. The tablets survived. The cutting table is where the light is.\n\nWe still re-key the orders from "
                 "the old system every morning, that did not move away."),
                ("U", 20, "all on one floor, how good for everybody's knees! I would love to see it. About the re-keying: "
                 "who does it, and how long does it take?"),
                ("T", 22, "{mate} and I in turns, from seven to nine. It is the price of two systems."),
                ("U", 6, "thank you, I wrote that down. Enjoy the light."),
            ]),
        ],
        "tomasz": [
            (12, 10, "Invoice with the new address", [
                ("T", 0, "our bookkeeper asks for the invoice again with the new address (ul. Dębowa 7, not 9). Without it "
                 "we cannot put it into this quarter. Until when could we have it?"),
                ("U", 4, "of course, and sorry for the wrong number. You will have the corrected invoice on " + say(9) + "."),
            ]),
            (75, 8, "Twelve registers for the cathedral", [
                ("T", 0, "we got the order for the twelve registers of the cathedral. Sewn by hand, all of them. For once I "
                 "want to plan it before we begin and not while we are in it."),
                ("U", 7, "what a beautiful order! Put the sewing in as a machine with one seat: Beata. Then the board "
                 "refuses to give her anything else, and that is the plan. Which step worries you most?"),
                ("T", 24, "the drying. In this weather the boards warp when they are hurried."),
                ("U", 3, "then give drying its own step with a fixed number of nights. I set it up for you as a draft."),
            ]),
        ],
        "ruth": [
            (36, 7, "Dad", [
                ("T", 0, "Dad died on Sunday. It was quiet and we were all there. I am not in the studio this month; {mate} "
                 "fires what is already glazed and the rest has to wait.\n\nYou don't have to answer. I wanted you to hear "
                 "it from me."),
                ("U", 2, "Oh Ruth. I am so sorry. I remember him at the kiln opening, telling everybody which bowl was his. "
                 "Nothing here needs you. I think of you and of all of you."),
            ]),
            (71, 20, "Not much clay this week", [
                ("T", 0, "Dad is in hospital again, so I am on trains more than at the wheel. If you see nothing moving on "
                 "our board, that is why."),
                ("U", 14, "then the board may stand still. Give him my love. I have told the others here not to ring you "
                 "about the update."),
            ]),
            (198, 9, "Ash glaze", [
                ("T", 0, "I tried the ash glaze that you brought from Japan: three of nine are lovely, the other six look "
                 "like the road outside. {mate} wants to keep the road ones."),
                ("U", 4, "keep the road ones! What was different with the three?"),
                ("T", 5, "they stood at the back. So the kiln has an opinion."),
                ("U", 2, "a kiln with an opinion needs a column of its own. I add \"place\" to your firing sheet."),
            ]),
            (420, 18, "Saturday", [
                ("T", 0, "are you still coming on Saturday? There is a bed, and the kiln opens at ten whatever the guests do."),
                ("U", 2, "I come with the early train and bring the good bread."),
            ]),
        ],
        "ines": [
            (10, 14, "Eleven pages", [
                ("T", 0, "on Friday I printed the weekly report for the owner again: eleven pages, he reads one and throws "
                 "the others away. I know that you are on it. Is there news?"),
                ("U", 3, "there is: the short one is being tested now. I write to you as soon as it is there, you asked "
                 "first and you shall see it first."),
            ]),
            (252, 10, "A shorter report", [
                ("T", 0, "could the weekly report fit on one page? What came in, what left, what is late and why. The rest I "
                 "can look up when somebody asks."),
                ("U", 6, "that is a very clear wish, thank you. May I quote you to the others? What does your owner do with "
                 "the page after reading?"),
                ("T", 18, "yes, quote me. He takes it to the bank, believe it or not."),
                ("U", 5, "I believe it. Then the page needs a date that a bank can read."),
            ]),
        ],
        "bo": [
            (42, 6, "Brädorna", [
                ("T", 0, "torken är två dagar efter igen och brädorna till kapelldörrarna ligger och väntar. Jag skriver det "
                 "här innan sågen går i gång. {mate} har slutat fråga när de är klara."),
                ("U", 3, "det låter tungt, särskilt med {mate}s tystnad. Vad händer längre fram när brädorna väntar, vem "
                 "märker det först?"),
            ]),
            (118, 7, "Torken igen", [
                ("T", 0, "fuktmätaren visar fjorton procent i dag. Planen säger tio. Planen vet inte att det regnar."),
                ("U", 4, "nej, den borde det. Jag har lagt in torktiden som ett spann i stället för ett datum hos er, titta "
                 "gärna om det stämmer bättre."),
            ]),
        ],
        "priya": [
            (0, 5, "Two seats", [
                ("T", 0, "good morning! We talked it over at tea yesterday: Anjali and Deepa want to see the board "
                 "themselves instead of asking me. Could we have two more seats from next month?\n\nI write early, the "
                 "looms start at six."),
            ]),
            (9, 11, "Anjali and the phone", [
                ("T", 0, "Anjali has the board on her phone now and tells the weavers in the other village what comes next. "
                 "That was not the plan, but it works better than the plan."),
                ("U", 4, "the best things are rarely the plan. What do the weavers do differently now that they know what "
                 "comes next?"),
            ]),
            (64, 15, "From the craft meet in Thrissur", [
                ("T", 0, "we met at the craft meet in Thrissur, you drew our loom shed on a napkin. I kept the napkin. Could "
                 "we try your board with one village before the festival orders begin?"),
                ("U", 5, "I am glad that you kept it! Yes, let us try with one village and no obligation. Who decides in the "
                 "morning what goes on which loom?"),
                ("T", 20, "my aunt, and nobody dares to ask her how."),
                ("U", 4, "then we begin with your aunt."),
            ]),
        ],
        "rui": [
            (6, 10, "About Ana", [
                ("T", 0, "if Ana from Lisbon wants to talk with somebody who has stopped typing orders twice, give her my "
                 "name. We have the same machines and I had the same mornings."),
                ("U", 3, "that is generous, thank you. I tell her and leave it to the two of you."),
            ]),
            (151, 9, "Two houses with the same looms", [
                ("U", 0, "Rui, Ana: you have the same looms and the same auditors, and I thought that you should know each "
                 "other. No need to answer me."),
            ], "ana"),
        ],
        "olena": [
            (4, 10, "Світло", [
                ("T", 0, "цього тижня світло є лише зранку, тому ми перенесли розкрій на шосту годину. {mate} зробив великий "
                 "годинник на стіні. Усі сміються, але ніхто не запізнюється."),
                ("U", 3, "який розумний годинник! Я посунула початок зміни на шосту до кінця місяця. Бережіть себе."),
            ]),
        ],
        "giorgos": [
            (68, 12, "The ferry", [
                ("T", 0, "the ferry with the oak did not sail for three days, and the staircase for the school waits on the "
                 "quay in Piraeus. The headmaster rings every morning at eight."),
                ("U", 4, "poor headmaster, poor you. What does he do with the children while there are no stairs?"),
                ("T", 6, "they have lessons in the yard, and they hope that the wind stays."),
                ("U", 2, "then the wind has friends. Tell me when it sails."),
            ]),
        ],
        "helene": [
            (8, 9, "Devis pour la bibliothèque", [
                ("T", 0, "la bibliothèque municipale nous confie quarante atlas à restaurer. {mate} sourit depuis lundi. Il me "
                 "faudrait un plan sur six mois, et je n'ai jamais planifié si loin."),
                ("U", 5, "quelle belle nouvelle ! Je vous ai préparé une vue par mois, vide, pour que vous la remplissiez à "
                 "votre rythme. Qu'est-ce qui vous inquiète le plus dans ces six mois ?"),
            ]),
        ],
        "thorunn": [
            (210, 13, "The looms have a new home", [
                ("T", 0, "the looms were fetched this morning. I am seventy in two years and my shoulders decided. So I do "
                 "not need the board any more, but I would miss your letters.\n\nThank you for not trying to sell me "
                 "anything when I said it the first time."),
                ("U", 6, "thank you for all that I learned from you. The board sleeps, the letters do not have to. What will "
                 "you do with the empty room?"),
                ("T", 24, "books, and one small loom that I hid from my daughter."),
                ("U", 5, "I did not read that last line."),
            ]),
        ],
        "larserik": [
            (130, 16, "Lugn och ro", [
                ("T", 0, "det har varit många brev från er det här året, även om de är vänliga. Vi har sålt halva verkstaden "
                 "och jag vill ha lugn och ro. Skriv inte mer, jag ringer om det behövs."),
                ("U", 2, "det respekterar jag. Ni hör inte av oss förrän du ringer. Tack för åren."),
            ]),
        ],
        "noor": [
            (16, 12, "Soap and planning", [
                ("T", 0, "we met for five minutes at the fair in Amman, between the coffee and the rain. We make olive and "
                 "laurel soap, the curing takes nine months and everybody wants it tomorrow. Can a board help with that or "
                 "does one need a priest?"),
                ("U", 4, "nine months, how wonderful, that is longer than any order I know. Before I say anything about "
                 "boards: how do you decide today what is boiled in which week?"),
                ("T", 20, "by smell and by the bank account."),
                ("U", 5, "those two are hard to beat. Would you walk me through one week on the telephone?"),
            ]),
            (3, 10, "The hotel order", [
                ("T", 0, "thank you for listening so long last week. Since then {mate} has written on the wall what is in "
                 "which frame. It is the first time that he writes anything."),
                ("U", 5, "a wall is the best beginning. Would you send me a photo of it in a week or two, just as it is?"),
            ]),
        ],
        "mateo": [
            (7, 11, "Feria de Cusco", [
                ("T", 0, "la feria fue un éxito, vendimos todas las mantas de alpaca. Ahora {mate} pregunta de dónde sacamos "
                 "las próximas cuarenta antes de Navidad."),
                ("U", 4, "¡felicitaciones a todos! Abrí diciembre en el tablero para que {mate} vea cuántas caben de verdad. "
                 "¿Qué pasaría si fueran solo treinta?"),
            ]),
        ],
        "pieter": [
            (2, 9, "Museum posters", [
                ("T", 0, "the museum moved the opening, so the posters have four days more. I gave the days to {mate} and not "
                 "to the press. I thought you would like that."),
                ("U", 2, "I like that very much. Tell {mate} to use them."),
            ]),
        ],
        "jb": [
            (1, 10, "Le deuxième atelier", [
                ("T", 0, "nous ouvrons un deuxième atelier à Saint-Louis en janvier. {mate} en prend la direction. Peut-on "
                 "voir les deux plans côte à côte, ou faut-il deux comptes ? J'aimerais le lui dire avant lundi."),
            ]),
        ],
        "siobhan": [
            (6, 12, "The spruce", [
                ("T", 0, "the spruce from the storm is dry enough at last. Four harps out of one tree, if nobody sneezes. "
                 "Could you send me the drying sheet that you made for the cello man?"),
                ("U", 4, "four harps from one tree! You get the sheet this week, I only take his name off it."),
            ]),
        ],
        "matti": [
            (26, 9, "Kantele workshop", [
                ("T", 0, "Siobhán from Galway says that you help people who build things one at a time. I build kanteles, "
                 "thirty in a year, and lose track at number four."),
                ("U", 6, "Siobhán is kind. What happens at number four?"),
                ("T", 24, "the school orders arrive and the strings do not."),
                ("U", 3, "I see. Shall we talk on the telephone and you show me the bench?"),
            ]),
        ],
        "yoko": [
            (6, 9, "帯の納期について", [
                ("T", 0, "祇園のお客様の帯ですが、織りが二日ほど早く終わりそうです。仕上げの職人に早めにお願いできるでしょうか。"),
                ("U", 5, "素晴らしいですね。仕上げの予定を二日前に動かしました。森さんにもよろしくお伝えください。"),
            ]),
        ],
        "wanjiru": [
            (4, 10, "School fleet", [
                ("T", 0, "sixty school bikes left the yard this morning, with sixty children running behind. {mate} cried and "
                 "blamed the dust.\n\nCould you tell me how the others plan spare parts? We have none left."),
                ("U", 3, "please tell {mate} that dust is a serious matter. I ask two others about the spare parts and write "
                 "to you by the end of the month."),
            ]),
        ],
    }


UNKNOWN = [
    (402, "Lea Sommer", "lea.sommer@campus.example", "Thesis about small workshops", [
        ("T", 0, "Dear Ms Lindqvist, I write my thesis about planning in small workshops and would like to ask you three "
         "questions. May I ring you next week?"),
        ("U", 20, "Dear Ms Sommer, gladly, on Tuesday after four. Bring your questions in writing, then I can think.")]),
    (251, "Oskar Blom", "oskar@blom-press.example", "Question from a reader", [
        ("T", 0, "I read about the board in Workshop Weekly. We are three people and a letterpress. Is that too small?"),
        ("U", 9, "Three people is a fine size. What do you lose track of today?"),
        ("T", 30, "Paper, mostly. I think about it and come back to you.")]),
    (163, "Greta Lund", "greta.lund@craft-radio.example", "Interview", [
        ("T", 0, "We make a radio programme about repair. Would you talk with us for ten minutes about waiting times?")]),
    (88, "Dan Whitlock", "dan@boardmakers.example", "Partnership", [
        ("T", 0, "Our companies should talk. We make hardware for factories and look for software. Are you open to a call?")]),
]

INTERNAL = [
    (470, "jonas", "Galway", [
        ("T", 0, "I take over the harp maker, as we said. Is there anything that I should not step on?"),
        ("U", 2, "Do not call them guitars. And ask about the humidity, never about the price.")]),
    (330, "aiko", "Kyoto", [
        ("T", 0, "Tanaka-san prefers a letter before a call. I put that into the notes."),
        ("U", 1, "Good. Then I stay out of it, she is in better hands with you.")]),
    (190, "jonas", "Who goes to the fair", [
        ("T", 0, "I can do the second day if you do the first."), ("U", 1, "Deal.")]),
    (35, "aiko", "Ruth", [
        ("U", 0, "Ruth's father died. Please nobody writes to her about the update, also not from the list."),
        ("T", 1, "I took her off the next two issues.")]),
    (2, "jonas", "The short report", [
        ("T", 0, "The one-page report goes out tomorrow. Will you tell Ines?"), ("U", 1, "Yes, first thing.")]),
]
