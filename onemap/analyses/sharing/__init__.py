"""Sharing both ways: what is wanted, what stands already, and who gets what."""

from onemap.analyses.sharing.settings import SharingSettings

__all__ = ["SharingSettings"]
