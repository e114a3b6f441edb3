"""safetensors files: a description, arrays by name, and a checksum over both."""

import os

import numpy as np

from .. import _objects

FORMAT_VERSION = 2


def write(filepath, description, tensors, overwrite=True):
    """Write a file, whole or not at all.

    Parameters
    ----------
    filepath : path-like
    description : dict
        Plain data.
    tensors : dict of str to ndarray
    overwrite : bool, default True
        False: a FileExistsError if there is such a file.
    """
    import json

    from safetensors.numpy import save

    path = os.fspath(filepath)
    if not isinstance(overwrite, (bool, np.bool_)):
        raise TypeError(f"overwrite must be True or False, got {overwrite!r}")
    if not overwrite and os.path.exists(path):
        raise FileExistsError(f"{path!r} exists; save with overwrite=True, or under another name")
    described = json.dumps({"format": FORMAT_VERSION, **description}, default=_plain)
    # Not ascontiguousarray, which gives a number an axis.
    tensors = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    metadata = {"bpcore": described, "crc32": _checksum(described, tensors)}
    _write_whole(path, save(tensors, metadata=metadata))


def read(filepath):
    """Return (description, tensors) of a file.

    Raises
    ------
    ValueError
        For a file that is damaged, of another format, or not bpcore's.
    FileNotFoundError
    """
    import json

    from safetensors import SafetensorError, safe_open

    path = os.fspath(filepath)
    if not os.path.exists(path):
        raise FileNotFoundError(f"no model file {path!r}")
    if os.path.isdir(path):
        raise ValueError(f"{path!r} is a directory; expected a file that model.save wrote")
    _refuse_keras_content(path)
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path!r} is not a bpcore model file ({error})") from error
    if "bpcore" not in metadata:
        raise ValueError(
            f"{path!r} is not a bpcore model file: it is a safetensors file of another program "
            "(there is no 'bpcore' in its metadata), or its first bytes are damaged"
        )
    # A file without the sum is one made by hand: that is allowed.
    made_by_hand = metadata.keys() == {"bpcore"}
    wanted = None if made_by_hand else _checksum(metadata["bpcore"], tensors)
    if metadata.get("crc32") != wanted:
        raise ValueError(
            f"{path!r} is damaged: its checksum is not that of its contents; get the file anew"
        )
    try:
        description = json.loads(metadata["bpcore"])
        version = description["format"]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{path!r} is not a bpcore model file ({error!r})") from error
    if version != FORMAT_VERSION:
        newer = isinstance(version, int) and version > FORMAT_VERSION
        raise ValueError(
            f"{path!r} has format {version}, this bpcore reads {FORMAT_VERSION}; "
            + ("install a newer bpcore" if newer else "save the model anew")
        )
    return description, tensors


def _refuse_keras_content(path):
    with open(path, "rb") as file:
        start = file.read(8)
    if start[:4] == b"PK\x03\x04" or start == b"\x89HDF\r\n\x1a\n":
        raise _of_keras(path)


def _of_keras(path):
    return ValueError(
        f"{path!r} is a file of Keras, which bpcore does not read: it reads the .safetensors files "
        "of model.save. To bring a model over, make it with bpcore.models.model_from_json("
        "keras_model.to_json()) and then model.set_weights(keras_model.get_weights())"
    )


def _plain(value):
    plain = _objects.plain(value)
    if plain is value:
        raise ValueError(
            f"cannot save {value!r} in a model file: a config holds numbers, strings, lists and "
            "dicts"
        )
    return plain


def _checksum(described, tensors):
    import zlib

    total = zlib.crc32(described.encode())
    for name in sorted(tensors):
        array = tensors[name]
        total = zlib.crc32(f"{name} {array.dtype.str} {array.shape}".encode(), total)
        total = zlib.crc32(np.ascontiguousarray(array).reshape(-1).view(np.uint8), total)
    return f"{total:08x}"


def _write_whole(path, payload):
    """Write to a temporary file beside `path`, then move it into place."""
    import tempfile

    directory = os.path.dirname(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(dir=directory, prefix=".bpcore-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp's files are private; the model gets what a plain open would give it.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
