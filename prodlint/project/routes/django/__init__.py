"""Routes of Django, Django REST framework and django-ninja."""
