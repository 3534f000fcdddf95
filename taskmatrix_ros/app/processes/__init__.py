"""The processes of a profile and the broker beside them: started in order, ended in reverse, gone when we are."""
