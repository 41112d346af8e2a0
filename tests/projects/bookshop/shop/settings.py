from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    debug: bool = True
    database_url: str = "postgresql://localhost/shop"
    payment_api_key: str = ""


settings = Settings()
