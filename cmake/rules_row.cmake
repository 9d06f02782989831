set(row "rule_entry<@FOLDER_TYPE@@TYPE@>()")
