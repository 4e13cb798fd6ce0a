"""Which written forms are one word in Danish: Snowball's endings, and the verbs whose past has another vowel or -te."""

from __future__ import annotations

from functools import cache

from cubb_desktop.domain.lexicon import stem

# Forms that the endings do not bring together. Left out where a form is more often another word: "så", "ved", "bag".
_IRREGULAR = """
    være er var været værende | have har havde haft | blive bliver blev blevet | få får fik fået | gå går gik gået |
    stå står stod stået | komme kommer kom kommet | tage tager tog taget | give giver gav givet |
    sige siger sagde sagt |
    gøre gør gjorde gjort | se ser set | vide vidste vidst | kunne kan kunnet | skulle skal skullet | ville vil villet |
    måtte må måttet | burde bør burdet | turde tør turdet | ligge ligger lå ligget | sidde sidder sad siddet |
    finde finder fandt fundet | skrive skriver skrev skrevet | drive driver drev drevet | holde holder holdt |
    falde falder faldt faldet | hjælpe hjælper hjalp hjulpet | bede beder bad bedt | trække trækker trak trukket |
    lade lader lod ladet | løbe løber løb løbet | sove sover sov sovet | vælge vælger valgte valgt |
    lægge lægger lagde lagt | sætte sætter satte sat | spørge spørger spurgte spurgt | følge følger fulgte fulgt |
    fortælle fortæller fortalte fortalt | tælle tæller talte talt | sælge sælger solgte solgt |
    møde møder mødte mødt | betyde betyder betød betydet | nyde nyder nød nydt | forstå forstår forstod forstået |
    opstå opstår opstod opstået | foregå foregår foregik foregået | søge søger søgte søgt | køre kører kørte kørt |
    høre hører hørte hørt | føle føler følte følt | tænke tænker tænkte tænkt | bruge bruger brugte brugt |
    mene mener mente ment | kende kender kendte kendt | læse læser læste læst | vise viser viste vist |
    lære lærer lærte lært | vente venter ventede ventet | prøve prøver prøvede prøvet | klare klarer klarede klaret |
    begynde begynder begyndte begyndt | synes syntes | tale taler talte talt | ringe ringer ringede ringet |
    rejse rejser rejste rejst | glemme glemmer glemte glemt | miste mister mistede mistet | nå når nåede nået |
    tro tror troede troet | bo bor boede boet | mand manden mænd mændene | barn barnet børn børnene |
    far faren fædre | mor moren moderen mødre | bror broren brødre | datter døtre | bog bogen bøger bøgerne |
    hånd hånden hænder hænderne | fod foden fødder fødderne | nat natten nætter | tand tænder | by byen byer |
    god godt gode bedre bedst bedste | lille små mindre mindst mindste | gammel gamle ældre ældst ældste |
    mange flere flest fleste | lang langt lange længere længst længste | ung ungt unge yngre yngst yngste
"""
_LEAST_WITH_PAST = 6  # letters; "-ede" of a shorter word is mostly its own ("brede", "vrede")


@cache
def _groups() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for part in _IRREGULAR.split("|"):
        forms = frozenset(part.split())
        for form in forms:
            found[form] = found.get(form, frozenset()) | forms
    return found


def irregular_forms(word: str) -> frozenset[str]:
    """Return the forms that belong with a word in small letters and have another stem; itself is among them."""
    return _groups().get(word, frozenset((word,)))


@cache
def root(word: str) -> str:
    """Return what the regular forms of a word in small letters share; every one of them begins with it."""
    if len(word) >= _LEAST_WITH_PAST and word.endswith("ede"):
        word = word.removesuffix("ede")
    return stem(word)


def spellings(word: str) -> tuple[str, ...]:
    """Return a word as it is written, and with å for aa and aa for å: both are seen in names and older words."""
    return tuple(dict.fromkeys((word, word.replace("aa", "å"), word.replace("å", "aa"))))
