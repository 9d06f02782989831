set(row "family_entry<@TYPE@>()")
