"""Where scripts of PyOutline's users import its commands from: ``from bin.cuerunbase import AbstractCuerun``."""
