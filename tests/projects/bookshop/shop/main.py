from fastapi import Depends, FastAPI

from shop.auth import current_user
from shop.routes import orders, reports
from shop.settings import settings

app = FastAPI(title="Bookshop", debug=settings.debug)
app.include_router(orders.router)
app.include_router(reports.router, dependencies=[Depends(current_user)])


@app.get("/health")
def health():
    return {"status": "ok"}
