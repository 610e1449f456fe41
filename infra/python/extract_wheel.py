"""Unpacks the members of a wheel that are wanted: extract_wheel.py WHEEL FOLDER PREFIX..."""

import os
import sys
import zipfile

wheel, folder, *prefixes = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for member in archive.infolist():
        if not member.filename.startswith(tuple(prefixes)):
            continue
        path = archive.extract(member, folder)
        # zipfile leaves the mode behind, and XLA has to run ptxas.
        mode = (member.external_attr >> 16) & 0o777
        if mode and not member.is_dir():
            os.chmod(path, mode | 0o600)
