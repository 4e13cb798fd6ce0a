"""The keys: unlock a library, derive what each part needs, wrap and unwrap; the door to cryptography.

    passphrase   --Argon2id--> KEK --+
                                     +-- unwraps --> library master key (32 random bytes, never changes)
    recovery key --HKDF------> KEK --+                 --HKDF--> database, key store, audit log, wraps, MAC

`library.json` and its twin `library.json.bak` hold the wrapped master key (one slot per way in), the salts of the
databases and the costs. Nothing in them is secret without a passphrase; without either of them everything is lost.
"""

from cubb_desktop.vault.blobs import BlobCipher, rows_cipher
from cubb_desktop.vault.calibration import calibrated, cost_here
from cubb_desktop.vault.keyfile import FORMAT, KEY_FILE, KEY_FILE_COPY, is_library, sync_folder
from cubb_desktop.vault.recovery import (
    groups,
    groups_to_ask,
    is_group,
    new_recovery_key,
    recovery_bytes,
    recovery_text,
)
from cubb_desktop.vault.sealing import (
    KEY_BYTES,
    NONCE_BYTES,
    SALT_BYTES,
    SealBroken,
    SegmentCipher,
    new_recording_key,
)
from cubb_desktop.vault.slots import DEFAULT_COST, LEAST_COST, LEAST_PASSPHRASE, KdfCost
from cubb_desktop.vault.system_keyring import SystemKeyring, leave_keyring, unlock_with_keyring, use_keyring
from cubb_desktop.vault.unlocking import (
    Vault,
    create_vault,
    new_vault,
    unlock,
    unlock_with_keyring_secret,
    unlock_with_recovery_key,
)

__all__ = [
    "DEFAULT_COST",
    "FORMAT",
    "KEY_BYTES",
    "KEY_FILE",
    "KEY_FILE_COPY",
    "LEAST_COST",
    "LEAST_PASSPHRASE",
    "NONCE_BYTES",
    "SALT_BYTES",
    "BlobCipher",
    "KdfCost",
    "SealBroken",
    "SegmentCipher",
    "SystemKeyring",
    "Vault",
    "calibrated",
    "cost_here",
    "create_vault",
    "groups",
    "groups_to_ask",
    "is_group",
    "is_library",
    "leave_keyring",
    "new_recording_key",
    "new_recovery_key",
    "new_vault",
    "recovery_bytes",
    "recovery_text",
    "rows_cipher",
    "sync_folder",
    "unlock",
    "unlock_with_keyring",
    "unlock_with_keyring_secret",
    "unlock_with_recovery_key",
    "use_keyring",
]
