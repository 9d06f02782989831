set(row "&@NAME@")
