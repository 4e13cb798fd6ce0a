"""The world's faults, each with one sentence for the person and a next step; everything else that is raised is a bug.

The sentences are Danish message ids with named placeholders; `i18n.sentence` translates them. None of them may carry
words of a conversation, and names only where the person has just typed them.
"""

from __future__ import annotations

import errno
from typing import ClassVar


def N_(message: str) -> str:  # noqa: N802 - gettext's customary name, so that translation tools find the messages
    """Mark `message` for translation and return it unchanged."""
    return message


class CubbError(Exception):
    """A fault of the world or of the person's input; `params` fill the sentence's placeholders."""

    message: ClassVar[str] = N_("Det kunne ikke lade sig gøre.")
    exit_code: ClassVar[int] = 2

    def __init__(self, **params: object) -> None:
        super().__init__()
        self.params = params

    @property
    def code(self) -> str:
        """The error's stable name, as programs see it (`ConsentExpired`)."""
        return type(self).__name__

    def __str__(self) -> str:
        return self.message.format(**self.params)


# --- consent ---------------------------------------------------------------------------------------------------------


class NotAllowed(CubbError):
    """What was asked for is outside what the citizen agreed to."""

    message = N_("Aftalen med borgeren tillader det ikke.")
    exit_code = 3


class ConsentMissing(NotAllowed):
    message = N_("Der er ingen aftale med borgeren. Lav en aftale, før du optager eller henter lyd ind.")


class ConsentNotFound(NotAllowed):
    message = N_("Aftalen findes ikke. Vælg en af aftalerne på listen, eller lav en ny.")


class ConsentExpired(NotAllowed):
    message = N_("Aftalen med borgeren udløb {until}. Lav en ny aftale, hvis borgeren siger ja igen.")


class ConsentWithdrawn(NotAllowed):
    message = N_("Borgeren har trukket sin aftale tilbage. Samtalen må ikke bruges.")


class ConsentLacksPurpose(NotAllowed):
    message = N_("Borgeren har ikke sagt ja til dette formål: {purpose}. Spørg borgeren, eller vælg noget andet.")


class NoCommonPurpose(NotAllowed):
    message = N_(
        "De, der høres i samtalen, har ikke sagt ja til noget formål fælles. Spørg dem igen, eller slet samtalen."
    )


class RecipientNotNamed(NotAllowed):
    message = N_(
        "Aftalen nævner de kolleger, der må give feedback. Vælg en af dem som modtager, eller lav en ny aftale."
    )


class LegalBasisMissing(NotAllowed):
    message = N_(
        "Kommunen har bestemt, at der først må optages, når behandlingsgrundlaget er sat. "
        "Bed databeskyttelsesrådgiveren om det, og skriv det under Indstillinger."
    )


# --- library and keys ------------------------------------------------------------------------------------------------


class LibraryNotFound(CubbError):
    message = N_("Der er intet bibliotek i den valgte mappe. Opret et, eller vælg en anden mappe.")


class LibraryExists(CubbError):
    message = N_("Mappen indeholder allerede et bibliotek. Åbn det, eller vælg en tom mappe.")


class FolderNotEmpty(CubbError):
    message = N_("Mappen er ikke tom. Vælg en tom mappe til biblioteket.")


class NotAFolder(CubbError):
    message = N_("Der ligger en fil, hvor der skulle være en mappe. Vælg en anden mappe til biblioteket.")


class AuditBroken(CubbError):
    message = N_(
        "Logbogen er brudt ved linje {number}. Alt er beholdt. Kopiér mappen et sikkert sted hen, og bed om hjælp."
    )


class SampleMissing(CubbError):
    message = N_("Der er ikke trukket en stikprøve for {month}. Træk den, og se den igennem først.")


class SampleSigned(CubbError):
    message = N_("Stikprøven for {month} er allerede skrevet under. Den bliver, som den er.")


class LibraryNewer(CubbError):
    message = N_("Biblioteket er lavet af en nyere version af programmet. Opdatér programmet; intet er ændret.")


class LibraryDamaged(CubbError):
    message = N_("Biblioteket kan ikke læses. Intet er ændret; kopiér mappen et sikkert sted hen, og bed om hjælp.")


class LibraryInUse(CubbError):
    message = N_("Biblioteket er allerede åbent i et andet vindue. Brug det vindue, eller luk det først.")


class LibraryLocked(CubbError):
    message = N_("Biblioteket er låst. Skriv adgangssætningen for at åbne det.")


class LibraryBusy(CubbError):
    message = N_("Biblioteket er optaget lige nu. Vent et øjeblik, og prøv igen; intet er gået tabt.")


class WrongPassphrase(CubbError):
    message = N_("Adgangssætningen passer ikke. Prøv igen; store og små bogstaver tæller.")


class RecoveryKeyMistyped(CubbError):
    message = N_("Gendannelsesnøglen er ikke skrevet rigtigt af. Sammenlign tegnene med arket, gruppe for gruppe.")


class WrongRecoveryKey(CubbError):
    message = N_("Gendannelsesnøglen hører ikke til dette bibliotek. Find det ark, du skrev, da det blev oprettet.")


class PassphraseTooShort(CubbError):
    message = N_("Adgangssætningen er for kort. Brug mindst {least} tegn, gerne fire tilfældige ord.")


class PassphraseGuessable(CubbError):
    message = N_("Adgangssætningen er for let at gætte. Brug gerne fire tilfældige ord.")


class PassphraseMissing(CubbError):
    message = N_("Der mangler en adgangssætning. Skriv den, eller brug --passphrase-file.")


class KeyringTrouble(CubbError):
    """The system's keyring can't open the library; the passphrase always can."""

    message = N_("Computerens nøglering svarer ikke eller er låst. Skriv adgangssætningen i stedet.")


class KeyringMissing(KeyringTrouble):
    message = N_("Computeren har ingen nøglering, som programmet stoler på. Brug adgangssætningen.")


class KeyringForgot(KeyringTrouble):
    message = N_(
        "Computerens nøglering åbner ikke længere biblioteket. Skriv adgangssætningen, "
        "og slå nøgleringen til igen under Indstillinger."
    )


class UnsafePlace(CubbError):
    message = N_(
        "Biblioteket kan ikke ligge på et netværksdrev eller i en delt sky-mappe. Vælg en mappe på denne computer."
    )


class FolderReadOnly(CubbError):
    message = N_("Der kan ikke skrives i den valgte mappe. Vælg en mappe, hvor du må gemme.")


class DiskFull(CubbError):
    message = N_("Disken er fuld. Det, der allerede var gemt, er bevaret; ryd op på disken, og prøv igen.")


_NO_ROOM = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
_NO_RIGHT = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def from_os_error(error: OSError) -> CubbError | None:
    """Return the fault that a failed write to the library's folder means, or None when it is none of the known ones."""
    if error.errno in _NO_ROOM:
        return DiskFull()
    if error.errno in _NO_RIGHT:
        return FolderReadOnly()
    return None


# --- things looked up ------------------------------------------------------------------------------------------------


class NotFound(CubbError):
    message = N_("Det findes ikke (længere). Opdatér listen, og prøv igen.")


class RecordingNotFound(NotFound):
    message = N_("Optagelsen findes ikke (længere). Se listen over samtaler.")


class RecordingForgotten(RecordingNotFound, ConsentWithdrawn):
    message = N_("Samtalen er slettet, fordi en, der høres i den, har trukket sin aftale tilbage.")
    exit_code = NotAllowed.exit_code


class TranscriptNotFound(NotFound):
    message = N_("Samtalen har ingen udskrift endnu. Lav en udskrift først.")


class VersionNotFound(NotFound):
    message = N_("Den version af udskriften findes ikke. Se listen over versioner.")


class DifferenceNotFound(NotFound):
    message = N_("Det sted findes ikke i sammenligningen. Sammenlign igen, og brug et af numrene.")


class ConceptNotFound(NotFound):
    message = N_("Begrebet findes ikke i begrebsbogen. Vælg et begreb fra listen.")


class ExampleNotFound(NotFound):
    message = N_("Eksemplet findes ikke (længere). Vælg et eksempel fra listen.")


class CollectionNotFound(NotFound):
    message = N_("Samlingen findes ikke (længere). Vælg en samling fra listen.")


class ExcerptNotFound(NotFound):
    message = N_("Uddraget findes ikke (længere). Vælg et uddrag fra listen.")


class ExportNotFound(NotFound):
    message = N_("Kopien står ikke på listen over dem, der skal kaldes tilbage. Se »exports recall«.")


class JobNotFound(NotFound):
    message = N_("Opgaven findes ikke (længere). Se listen over opgaver.")


class InvalidInput(CubbError):
    """One named field holds something that can't be used; `problem` is an already translated sentence."""

    message = N_("{field}: {problem}")


class EditImpossible(CubbError):
    """What was to be edited is not there, or the edit would put times in the wrong order."""

    message = N_("Det kan ikke lade sig gøre dér. Udskriften er ikke ændret.")


class LinesFrozen(CubbError):
    message = N_("Linjenumrene ligger allerede fast. De bliver, som de er.")


class EditedElsewhere(CubbError):
    message = N_("Udskriften er rettet et andet sted i mellemtiden. Se den igennem, og ret igen.")


class TranscriptGrowing(CubbError):
    message = N_("Udskriften er ved at blive lavet. Vent, til den er færdig, før du retter i den.")


class NothingToUndo(CubbError):
    message = N_("Der er ikke mere at fortryde.")


class NothingToRedo(CubbError):
    message = N_("Der er ikke mere at gøre igen.")


class OutsideRecording(CubbError):
    message = N_("Det valgte stykke ligger uden for optagelsen. Vælg et stykke inden for samtalens længde.")


class PassageReversed(OutsideRecording):
    message = N_("Stykkets slutning ligger ikke efter dets begyndelse. Byt om på de to tider, eller vælg nogle andre.")


# --- sound -----------------------------------------------------------------------------------------------------------


class SuggestionNotFound(CubbError):
    message = N_("Forslaget findes ikke (længere). Se listen med »candidates«.")


class ConceptRetired(CubbError):
    message = N_("Begrebet er lagt væk. Tag det i brug igen, eller vælg et andet.")


class MarkNotFound(NotFound):
    message = N_("Mærket findes ikke (længere). Se mærkerne i samtalen.")


class ReplyNotFound(NotFound):
    message = N_("Svaret findes ikke (længere). Se svarene under mærket.")


class CodebookUnreadable(CubbError):
    message = N_("Filen er ikke en kodebog (REFI-QDA .qdc), som kan læses. Gem den igen derfra, hvor den kommer fra.")


class SourceNotFound(CubbError):
    message = N_("Filen findes ikke. Se efter, om den er flyttet eller omdøbt.")


class SourceUnreadable(CubbError):
    message = N_(
        "Filen kan ikke åbnes. Se efter, om du må læse den, og om drevet stadig er sat til; intet er hentet ind."
    )


class SourceEmpty(CubbError):
    message = N_("Filen er tom. Vælg en anden lydfil; intet er hentet ind.")


class SourceNotSound(CubbError):
    message = N_(
        "Filen indeholder ikke lyd, som programmet kan læse. Vælg en lydfil (fx WAV, MP3 eller M4A); intet er hentet ind."
    )


class SourceDamaged(CubbError):
    message = N_("Lydfilen er beskadiget og kan ikke læses. Prøv med originalen; intet er hentet ind.")


class SourceTooLarge(CubbError):
    message = N_(
        "Lydfilen er for stor eller har et format, der ikke kan bruges: højst {hours} timer, 8 kanaler og 192 kHz. "
        "Del den i mindre filer; intet er hentet ind."
    )


class SourceChanged(CubbError):
    message = N_(
        "Filen blev ændret, mens den blev læst. Vent, til den er færdig, og hent den igen; intet er hentet ind."
    )


class SourceTooDemanding(CubbError):
    message = N_(
        "Lydfilen kræver mere hukommelse, end den må bruge. "
        "Prøv med originalen, eller gem lyden som WAV; intet er hentet ind."
    )


class SourceStuck(CubbError):
    message = N_(
        "Lydfilen kunne ikke læses i rimelig tid; den er nok beskadiget. "
        "Prøv med originalen, eller gem lyden som WAV; intet er hentet ind."
    )


class SourceUnsafe(CubbError):
    message = N_(
        "Lydfilen er beskadiget eller lavet til at skade, og læsningen blev stoppet. "
        "Prøv med originalen; intet er hentet ind."
    )


class DecoderUnavailable(CubbError):
    message = N_(
        "Den del af programmet, der læser lydfiler, kunne ikke starte. "
        "Luk andre programmer, og prøv igen; intet er hentet ind."
    )


class ImportCancelled(CubbError):
    message = N_("Hentningen blev annulleret. Intet er hentet ind.")


class AudioMissing(CubbError):
    message = N_("Lyden til samtalen kan ikke findes eller læses. Teksten er bevaret.")


class MarksDamaged(CubbError):
    message = N_("Mærkerne til optagelsen er ændret uden om programmet og kan ikke bruges. Lyden er bevaret.")


class MicrophoneNotFound(CubbError):
    message = N_("Der er ingen mikrofon. Sæt en mikrofon til, og prøv igen.")


class MicrophoneUnknown(MicrophoneNotFound):
    message = N_("Der er ingen mikrofon, der hedder »{device}«. »doctor« viser dem, der er.")


class SoundSystemMissing(MicrophoneNotFound):
    message = N_(
        "Computerens lydsystem kan ikke bruges: PortAudio mangler eller svarer ikke. Installér det, og prøv igen."
    )


class MicrophoneLost(CubbError):
    message = N_("Mikrofonen forsvandt. Alt før det er gemt; sæt mikrofonen til, og start igen.")


class CaptureFailed(CubbError):
    message = N_("Optagelsen stoppede uventet. Alt før det er gemt; start en ny optagelse.")


class SpeakerUnavailable(CubbError):
    message = N_("Lyden kan ikke afspilles på denne computer. Tilslut en højttaler eller hovedtelefoner.")


# --- models ----------------------------------------------------------------------------------------------------------


class ModelNotFound(CubbError):
    message = N_("Modelmappen findes ikke. Vælg en anden mappe under Indstillinger.")


class ModelIncomplete(CubbError):
    message = N_("Modelmappen er ufuldstændig: {missing} mangler eller er ødelagt. Kopiér mappen igen.")


class ModelWrongKind(CubbError):
    message = N_("Mappen er ikke en model, der kan {use}. Vælg en mappe med {expected}.")


class ModelUntrusted(CubbError):
    message = N_("Modellen kan køre fremmed kode og er ikke godkendt. Brug kun modeller fra nogen, du stoler på.")


# --- jobs ------------------------------------------------------------------------------------------------------------


class JobFailed(CubbError):
    message = N_("Udskriften blev afbrudt (kode {exit}). Lyden er bevaret; prøv igen.")


class JobOutOfMemory(JobFailed):
    message = N_("Computeren løb tør for hukommelse. Luk andre programmer, eller vælg en mindre model, og prøv igen.")


class NothingRecognised(CubbError):
    message = N_(
        "Der er tale i optagelsen, men modellen fandt ingen ord. Vælg en anden model, og prøv igen; lyden er bevaret."
    )


class JobCancelled(CubbError):
    message = N_("Opgaven blev annulleret. Lyden er bevaret.")


class JobSucceeded(CubbError):
    message = N_("Opgaven er færdig, så der er intet at prøve igen. Bed om en ny udskrift, hvis du vil have en.")


class NotYetStored(CubbError):
    message = N_("Optagelsen er ikke færdig endnu. Vent, til den er gemt.")


class RecordingInterrupted(NotYetStored):
    message = N_("Optagelsen blev afbrudt. Vælg først at beholde den: i vinduet eller med »recordings recover«.")


class WorkerRunning(CubbError):
    message = N_("Der bliver allerede lavet udskrifter i biblioteket. Opgaven kommer med, når det bliver dens tur.")


# --- backup ----------------------------------------------------------------------------------------------------------


class BackupInsideLibrary(CubbError):
    message = N_("Sikkerhedskopien kan ikke ligge i bibliotekets egen mappe. Vælg en mappe på et andet drev.")


class BackupNoRoom(DiskFull):
    message = N_("Der er ikke plads til sikkerhedskopien. Den forrige er bevaret; ryd op, eller vælg et andet drev.")


class BackupUnwritable(CubbError):
    message = N_(
        "Sikkerhedskopien kan ikke skrives i mappen. Se efter, om drevet er sat til, eller vælg en anden mappe; "
        "den forrige er bevaret."
    )


class BackupUnverified(CubbError):
    message = N_(
        "Drevet gav ikke det samme tilbage, som blev skrevet. Brug et andet drev; den forrige kopi er bevaret."
    )


class BackupCancelled(CubbError):
    message = N_("Sikkerhedskopien blev annulleret. Den forrige er bevaret.")


class BackupRunning(CubbError):
    message = N_("Der bliver allerede lavet en sikkerhedskopi i mappen. Vent, til den er færdig.")


class BackupNotFound(CubbError):
    message = N_("Der er ingen sikkerhedskopi i mappen. Vælg den mappe, kopien blev lavet i.")


class BackupUnreadable(CubbError):
    message = N_("Sikkerhedskopien kan ikke læses. Intet er gendannet; prøv med en anden kopi.")


class BackupDamaged(CubbError):
    """`how` tells how the rest is fetched where that is not to be seen, with a space in front."""

    message = N_(
        "Sikkerhedskopien er beskadiget: {count} af dens samtaler kan ikke læses. Intet er gendannet; prøv med en anden "
        "kopi, eller hent resten{how}."
    )


class RestoreCancelled(CubbError):
    message = N_("Gendannelsen blev annulleret. Intet er gendannet, og sikkerhedskopien er urørt.")


class LibraryDamagedHasBackup(LibraryDamaged):
    message = N_(
        "Biblioteket kan ikke læses. Intet er ændret. Den seneste sikkerhedskopi er fra {date} og ligger i {folder}; "
        "gendan den i en ny mappe."
    )


# --- forgetting ------------------------------------------------------------------------------------------------------


class HeldBack(CubbError):
    message = N_("Samtalen holdes tilbage og kan ikke slettes endnu. Ophæv det under Opbevaring, når grunden er væk.")


class NotJournalised(HeldBack):
    message = N_(
        "Samtalen er sagsdokumentation og er ikke journaliseret. Skriv notatet, og journalisér; derefter kan den slettes."
    )


class TombstonesUnreadable(CubbError):
    message = N_(
        "Listen over det, der er glemt, kan ikke læses. Intet er gendannet, for det kunne bringe slettede samtaler tilbage."
    )


# --- out of the house ------------------------------------------------------------------------------------------------


class TargetExists(CubbError):
    message = N_("Der ligger allerede en fil med det navn. Vælg et andet navn.")


class TargetUnwritable(CubbError):
    message = N_("Filen kan ikke gemmes der. Vælg en anden mappe.")


class WithdrawnUnsaved(CubbError):
    """`done` says what the withdrawal did, `problem` what hindered the files; both are translated sentences."""

    message = N_("{done} Men brevene eller kvitteringen kunne ikke gemmes: {problem}")


class FormatUnknown(CubbError):
    message = N_("Formatet kendes ikke. Vælg et af: {formats}.")
