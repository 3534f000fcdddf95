"""One file for each kind of entity, or for a few that are alike. ``describe`` adds what it becomes to the maker.

:source: the pages of https://www.home-assistant.io/integrations/ named ``<component>.mqtt``.
"""
