"""One file per way to reach devices; each implements ``core.ports.Binding``."""
