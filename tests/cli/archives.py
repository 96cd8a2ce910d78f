# SPDX-License-Identifier: MIT
"""Archives made member by member, as wrong as a test wants them."""
import gzip
import hashlib
import io
import json
import tarfile

TYPES = {"file": tarfile.REGTYPE, "dir": tarfile.DIRTYPE, "link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE,
         "char": tarfile.CHRTYPE, "block": tarfile.BLKTYPE, "pipe": tarfile.FIFOTYPE}


def sha(data):
    return hashlib.sha256(data).hexdigest()


def member(name, data=b"", kind="file", **more):
    """One member; data is a file's bytes or a link's target. xattrs: {name: bytes}."""
    return {"name": name, "data": data, "kind": kind, **more}


def tar(members, form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as t:
        for m in members:
            info = tarfile.TarInfo(m["name"])
            info.type = TYPES[m["kind"]]
            info.mode = m.get("mode", 0o755 if m["kind"] == "dir" else 0o644)
            info.uid, info.gid, info.mtime = m.get("uid", 0), m.get("gid", 0), m.get("mtime", 1700000000)
            info.pax_headers = {f"SCHILY.xattr.{key}": value.decode("utf-8", "surrogateescape")
                                for key, value in m.get("xattrs", {}).items()}
            info.pax_headers.update(m.get("pax", {}))
            data = m["data"] if isinstance(m["data"], bytes) else m["data"].encode()
            if m["kind"] == "file":
                info.size = len(data)
            else:
                info.linkname = data.decode()
            t.addfile(info, io.BytesIO(data) if m["kind"] == "file" else None)
    return out.getvalue()


class Layout:
    """An OCI layout in the making: blobs by digest, and descriptors of them."""

    def __init__(self):
        self.files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}

    def blob(self, data, media_type, **more):
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.files[f"blobs/sha256/{sha(data)}"] = data
        return {"mediaType": media_type, "digest": f"sha256:{sha(data)}", "size": len(data), **more}

    def image(self, layers, config=None, arch="amd64", packed=gzip.compress, layer_type="+gzip", **more):
        """layers: tars. Returns the manifest's descriptor."""
        descriptors = [self.blob(packed(data), f"application/vnd.oci.image.layer.v1.tar{layer_type}")
                       for data in layers]
        text = {"architecture": arch, "os": "linux", "config": config or {},
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha(data)}" for data in layers]}}
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "config": self.blob(text, "application/vnd.oci.image.config.v1+json"), "layers": descriptors}
        return self.blob(manifest, manifest["mediaType"], **more)

    def index(self, *descriptors):
        return {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                "manifests": list(descriptors)}

    def done(self, *descriptors):
        self.files["index.json"] = json.dumps(self.index(*descriptors)).encode()
        return self

    def write(self, folder):
        for name, data in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def tar(self):
        return tar([member(name, data) for name, data in self.files.items()])


def named(ref):
    return {"annotations": {"org.opencontainers.image.ref.name": ref}}


def docker_save(layers, config=None, tags=("app:1",), old=True, packed=lambda data: data):
    """What `docker save` writes: a folder for each layer (the second of the same is a link), or blobs by digest."""
    text = json.dumps({"architecture": "amd64", "os": "linux", "config": config or {},
                       "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha(data)}" for data in layers]}}).encode()
    names, members, seen = [], [], {}
    for i, data in enumerate(layers):
        name = f"{i:064x}/layer.tar" if old else f"blobs/sha256/{sha(packed(data))}"
        if old:
            members.append(member(f"{i:064x}/", kind="dir"))
        if old and data in seen:
            members.append(member(name, f"../{seen[data]}", "link"))
        elif data not in seen:
            members.append(member(name, packed(data)))
        seen.setdefault(data, name)
        names.append(name)
    config_name = f"{sha(text)}.json" if old else f"blobs/sha256/{sha(text)}"
    manifest = [{"Config": config_name, "RepoTags": list(tags), "Layers": names}]
    return tar([*members, member(config_name, text), member("manifest.json", json.dumps(manifest))])
